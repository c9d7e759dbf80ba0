// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Libraries run with sources that open and predict on different threads. */
@NeedsPython
@Order(Integer.MAX_VALUE) // large libraries slow each later garbage collection of Python down
class SourcesTest {

  private static final Map<String, String> MODULE_OF_CLASS =
      Map.of(
          "libraries.Numpy", "numpy",
          "libraries.Pyarrow", "pyarrow",
          "libraries.OnnxRuntime", "onnxruntime",
          "libraries.ScikitLearn", "sklearn",
          "libraries.Torch", "torch");

  /**
   * PyFlink's thread mode hangs on most of these, because it binds a thread state to the thread
   * that opens.
   */
  @ParameterizedTest(name = "{1}, imported in {2}, from {0}")
  @MethodSource("sourcesAndLibraries")
  void libraryRunsOnEverySource(NumberSource source, String pythonClass, String importIn)
      throws IOException, InterruptedException {
    String module = MODULE_OF_CLASS.get(pythonClass);
    assumeTrue(Python.hasModule(module), module + " is not installed");
    SqlSession session = new SqlSession();
    source.createTable(session);

    List<Row> rows =
        session
            .model("doubler", "x DOUBLE", "y DOUBLE", pythonClass, "properties.import-in", importIn)
            .query("SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))");

    assertThat(rows).hasSize(NumberSource.COUNT);
    assertThat(rows)
        .allSatisfy(
            row ->
                assertThat(row.<Double>getFieldAs("y"))
                    .isCloseTo(2 * row.<Double>getFieldAs("x"), within(1e-9)));
  }

  /** The other test proves something only if these sources change the thread. */
  @ParameterizedTest
  @EnumSource
  void legacySourcesPredictOnAnotherThreadThanTheyOpen(NumberSource source) {
    SqlSession session = new SqlSession();
    source.createTable(session);

    List<Row> rows =
        session
            .model("threads", "x DOUBLE", "same_thread BOOLEAN", "values.Threads")
            .query(
                "SELECT same_thread FROM ML_PREDICT(TABLE numbers, MODEL threads, DESCRIPTOR(x))");

    assertThat(rows)
        .hasSize(NumberSource.COUNT)
        .containsOnly(Row.of(source == NumberSource.FILESYSTEM));
  }

  private static Stream<Arguments> sourcesAndLibraries() {
    List<Arguments> all = new ArrayList<>();
    for (NumberSource source : NumberSource.values()) {
      for (String pythonClass : MODULE_OF_CLASS.keySet()) {
        for (String importIn : List.of("open", "predict")) {
          all.add(Arguments.of(source, pythonClass, importIn));
        }
      }
    }
    return all.stream();
  }
}
