package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A mistake in CREATE MODEL fails when the query is planned or opened, and says what is valid. */
@NeedsPython
class BadSetUpTest {

  private static final String QUERY =
      "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL wrong, DESCRIPTOR(x))";

  /** Most often a directory that one of the hosts does not have. */
  @Test
  void directoryThatDoesNotExistIsNamed() {
    assertThat(failureOf("failing.Good", "model-directory-path", "/no/such/directory"))
        .contains("option 'model-directory-path'", "'/no/such/directory'");
  }

  /** The list of modules that are there shows the typing error. */
  @Test
  void moduleThatDoesNotExistIsNamedWithThoseThatDo() {
    assertThat(failureOf("failling.Good"))
        .contains("option 'python-predict-class': module 'failling'", "failing, ", "shapes");
  }

  /** The list of classes that are there shows the typing error. */
  @Test
  void classThatDoesNotExistIsNamedWithThoseThatDo() {
    assertThat(failureOf("resources.Wieghts"))
        .contains(
            "option 'python-predict-class': module 'resources' has no class 'Wieghts'",
            "Counters, Weights");
  }

  /** A class that only looks right would fail later, with an error of its own. */
  @Test
  void classThatIsNoPredictFunctionIsRefused() {
    assertThat(failureOf("failing.NoPredictFunction"))
        .contains("'failing.NoPredictFunction' is not a subclass of", "PredictFunction");
  }

  /** An option that has no effect is a mistake that nobody notices. */
  @Test
  void unknownOptionIsRefusedWithTheValidOnes() {
    assertThat(failureOf("failing.Good", "batch-sise", "1"))
        .contains(
            "batch-sise", "model-directory-path", "python-predict-class", "python.executable");
  }

  /** A type that is not supported must not come as a class cast exception of a row. */
  @Test
  void unsupportedTypeIsRefusedWithItsColumn() {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "x BIGINT", "1")
            .model("wrong", "x BIGINT", "y MAP<ARRAY<INT>, INT>", "failing.Good")
            .failureOf(QUERY);

    assertThat(failure).contains("'y.key'", "ARRAY<INT>", "not supported");
  }

  /** Otherwise the first sign is an error of the operating system on some TaskManager. */
  @Test
  void executableThatDoesNotExistIsNamed() {
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
