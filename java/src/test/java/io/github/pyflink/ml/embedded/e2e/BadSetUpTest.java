// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A mistake in CREATE MODEL fails at planning or open, with an error that says what is valid. */
@NeedsPython
class BadSetUpTest {

  private static final String QUERY =
      "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL wrong, DESCRIPTOR(x))";

  /** Often only one of the hosts lacks the directory. */
  @Test
  void missingDirectoryIsReported() {
    assertThat(failureOf("failing.Good", "model-directory-path", "/no/such/directory"))
        .contains("option 'model-directory-path'", "'/no/such/directory'");
  }

  /** The list of existing modules reveals a typing error. */
  @Test
  void missingModuleIsReportedWithTheExistingOnes() {
    assertThat(failureOf("failling.Good"))
        .contains("option 'python-predict-class': module 'failling'", "failing, ", "shapes");
  }

  /** The list of existing classes reveals a typing error. */
  @Test
  void missingClassIsReportedWithTheExistingOnes() {
    assertThat(failureOf("resources.Wieghts"))
        .contains(
            "option 'python-predict-class': module 'resources' has no class 'Wieghts'",
            "Counters, Weights");
  }

  /** It would fail later with an error of its own. */
  @Test
  void classThatIsNotAPredictFunctionIsRejected() {
    assertThat(failureOf("failing.NoPredictFunction"))
        .contains("'failing.NoPredictFunction' is not a subclass of", "PredictFunction");
  }

  /** An option without effect is a mistake that goes unnoticed. */
  @Test
  void unknownOptionIsRejectedWithTheValidOnes() {
    assertThat(failureOf("failing.Good", "batch-sise", "1"))
        .contains(
            "batch-sise", "model-directory-path", "python-predict-class", "python.executable");
  }

  /** Without the check, a ClassCastException in some row would be the first sign. */
  @Test
  void unsupportedTypeIsRejectedWithItsColumn() {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "x BIGINT", "1")
            .model("wrong", "x BIGINT", "y MAP<ARRAY<INT>, INT>", "failing.Good")
            .failureOf(QUERY);

    assertThat(failure).contains("'y.key'", "ARRAY<INT>", "not supported");
  }

  /** Without the check, an operating system error on a TaskManager would be the first sign. */
  @Test
  void missingExecutableIsReported() {
    assertThat(failureOf("failing.Good", "python.executable", "/no/such/python"))
        .contains("python.executable", "'/no/such/python'");
  }

  private static String failureOf(String pythonClass, String... options) {
    return new SqlSession()
        .csvTable("input_rows", "x BIGINT", "1")
        .model("wrong", "x BIGINT", "y BIGINT", pythonClass, options)
        .failureOf(QUERY);
  }
}
