// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An ONNX file runs as a model without Python code of the user. */
@NeedsPython
@Order(Integer.MAX_VALUE) // large libraries slow each later garbage collection of Python down
class OnnxTest {

  @TempDir private static Path directory;

  @BeforeAll
  static void exportModel() throws IOException, InterruptedException {
    Python.runScript("export_onnx.py", directory.resolve("model.onnx").toString());
  }

  /** The model computes a - b, so swapped inputs change the result. */
  @Test
  void columnsAreMappedByName() {
    assertThat(
            session("b FLOAT, a FLOAT", "difference FLOAT")
                .query(
                    "SELECT x, y, difference"
                        + " FROM ML_PREDICT(TABLE input_rows, MODEL subtractor, DESCRIPTOR(x, y))"))
        .containsExactly(Row.of(1f, 5f, 4f), Row.of(2f, 2f, 0f));
  }

  /** The names in a file rarely match those of a table. */
  @Test
  void columnsOfOtherNamesAreMappedByPosition() {
    assertThat(
            session("minuend DOUBLE, subtrahend DOUBLE", "answer DOUBLE")
                .query(
                    "SELECT x, y, answer"
                        + " FROM ML_PREDICT(TABLE input_rows, MODEL subtractor, DESCRIPTOR(x, y))"))
        .containsExactly(Row.of(1f, 5f, -4.0), Row.of(2f, 2f, 0.0));
  }

  /** The file declares its inputs, so a mismatch can fail before the first row. */
  @Test
  void inputThatDoesNotMatchTheFileIsRejectedWithWhatIsValid() {
    assertThat(
            session("a FLOAT", "difference FLOAT")
                .failureOf(
                    "SELECT difference"
                        + " FROM ML_PREDICT(TABLE input_rows, MODEL subtractor, DESCRIPTOR(x))"))
        .contains("model.onnx", "1 columns for 2 inputs", "a: tensor(float)", "b: tensor(float)");
  }

  /** The file declares its outputs too. */
  @Test
  void outputThatDoesNotMatchTheFileIsRejectedWithWhatIsValid() {
    assertThat(
            session("a FLOAT, b FLOAT", "difference STRING")
                .failureOf(
                    "SELECT difference"
                        + " FROM ML_PREDICT(TABLE input_rows, MODEL subtractor, DESCRIPTOR(x, y))"))
        .contains("model.onnx", "difference: tensor(float)", "STRING");
  }

  /** Nothing ends a computation in C, so a limit would be silently without effect. */
  @Test
  void timeLimitWithoutEffectIsReported() {
    try (LogCapture log = new LogCapture()) {
      session("a FLOAT, b FLOAT", "difference FLOAT", "predict-timeout", "1 s")
          .query(
              "SELECT difference"
                  + " FROM ML_PREDICT(TABLE input_rows, MODEL subtractor, DESCRIPTOR(x, y))");

      assertThat(log.text()).contains("predicted without Python, which 'predict-timeout' cannot");
    }
  }

  private static SqlSession session(String input, String output, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("model-directory-path", directory.toString()));
    return new SqlSession()
        .csvTable("input_rows", "x FLOAT, y FLOAT", "1,5", "2,2")
        .model("subtractor", input, output, null, all.toArray(String[]::new));
  }
}
