// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A failure in Python fails its job with its place in the code but without data, and nothing else.
 *
 * <p>Each test predicts rows 1 to 3, of which the second fails. After all tests, a good model runs
 * on the same TaskManager.
 */
@NeedsPython
class FailuresTest {

  private static final String MODEL = "model 'default_catalog.default_database.failing'";
  private static final String SECRET = "s3cret-of-customer-4711";

  private static final String QUERY =
      "SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL failing, DESCRIPTOR(id, secret))";

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void dataStaysOutOfTheLog() {
    log.close();
    assertThat(log.text()).doesNotContain(SECRET);
  }

  @AfterAll
  static void goodModelStillRuns() {
    assertThat(session("Good", "y BIGINT").query(QUERY))
        .containsExactly(Row.of(1L), Row.of(2L), Row.of(3L));
  }

  /** The traceback names the line of the user's file, and the secret in the message is hidden. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RaisesValue         | cannot score             | predict failed with ValueError",
        "RaisesValue         | raise KeyError(secret)   | KeyError",
        "RaisesWhileIterated | cannot go on with        | predict failed with ValueError",
        "RaisesUnprintable   | raise Unprintable(       | predict failed with",
        "RecursesEndlessly   | return self.fail(secret) | predict failed with RecursionError",
        "Exits               | sys.exit(f\"bye          | sys.exit() was called in predict",
        "Interrupts          | raise KeyboardInterrupt  | KeyboardInterrupt was raised in predict",
      })
  void exceptionOfPredictFailsTheJobWithItsTraceback(
      String pythonClass, String code, String problem) throws IOException {
    String failure = failureOf(pythonClass, "y BIGINT");

    assertThat(failure)
        .contains(MODEL + ", row 2: ", problem)
        .contains("failing.py\", line " + Python.lineOf("failing.py", code));
  }

  /** Without the check Flink would fail far from the model, or write a wrong value. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SecretText      | y BIGINT          | expected BIGINT, got str",
        "SecretText      | y DOUBLE          | expected DOUBLE, got str",
        "SecretText      | y TIMESTAMP(3)    | expected TIMESTAMP(3), got str",
        "SecretText      | y BYTES           | got str",
        "NullResult      | y BIGINT NOT NULL | null in a column of type BIGINT NOT NULL",
        "TooLargeInt     | y BIGINT          | BIGINT",
        "TooLargeInt     | y TINYINT         | TINYINT",
        "SecretText      | y VARCHAR(5)      | VARCHAR(5)",
        "SecretText      | y CHAR(5)         | CHAR(5)",
        "SecretBytes     | y VARBINARY(5)    | VARBINARY(5)",
        "SecretBytes     | y BINARY(5)       | BINARY(5)",
        "LoneSurrogate   | y STRING          | lone surrogate",
        "TooLargeDecimal | y DECIMAL(4, 2)   | DECIMAL(4, 2)",
      })
  void valueThatDoesNotFitFailsTheJobWithItsColumn(
      String pythonClass, String output, String problem) {
    assertThat(failureOf(pythonClass, output))
        .contains(MODEL + ", row 2: column 'y': ")
        .contains(problem);
  }

  /** A result of the wrong form has no column, so the message lists the expected ones. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TooManyColumns | got a row of 2 values, the model's OUTPUT has 1 (y)",
        "TooFewColumns  | got a row of 0 values, the model's OUTPUT has 1 (y)",
        "UnknownColumn  | got a row of 2 values, the model's OUTPUT has 1 (y)",
        "NotIterable    | predict returned int; it must return a list of rows",
        "MissingColumn  | got a dict whose names do not fit: they must be 'y'",
      })
  void resultOfTheWrongFormFailsTheJob(String pythonClass, String problem) {
    assertThat(failureOf(pythonClass, "y BIGINT")).contains(MODEL + ", row 2", problem);
  }

  /** No row has been predicted yet, so the message must not name one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FailsInOpen | raise OSError(\"the weights | open failed with OSError: the weights are not",
        "ExitsInOpen | sys.exit(\"no licence\")     | sys.exit() was called in open",
      })
  void exceptionOfOpenFailsTheJobWithItsTraceback(String pythonClass, String code, String problem)
      throws IOException {
    assertThat(failureOf(pythonClass, "y BIGINT"))
        .contains(MODEL + ": " + problem)
        .contains("failing.py\", line " + Python.lineOf("failing.py", code))
        .doesNotContain("row 1");
  }

  /** A close that fails may have lost results, so the job must not finish successfully. */
  @Test
  void exceptionOfCloseFailsTheJobWithItsTraceback() throws IOException {
    assertThat(failureOf("FailsInClose", "y BIGINT"))
        .contains(MODEL + ": close failed with OSError: the connection is lost")
        .contains(
            "failing.py\", line "
                + Python.lineOf("failing.py", "raise OSError(\"the connection is lost\")"));
  }

  /** Flink also prints the input of a model when an operator after it fails. */
  @Test
  void failureAfterAModelHidesTheRowsOfThatModelToo() {
    String failure =
        session("RaisesValue", "y BIGINT")
            .model(
                "first", "secret STRING", "s STRING, kind STRING, text STRING", "values.Identity")
            .execute(
                "CREATE VIEW passed_on AS SELECT id, s"
                    + " FROM ML_PREDICT(TABLE input_rows, MODEL first, DESCRIPTOR(secret))")
            .failureOf(
                "SELECT y FROM ML_PREDICT(TABLE passed_on, MODEL failing, DESCRIPTOR(id, s))");

    assertThat(failure).contains(MODEL + ", row 2: ").doesNotContain(SECRET);
  }

  /** Numbers and dates are data too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BIGINT         | 8675309867530912",
        "DECIMAL(20, 4) | 8675309.8675",
        "DOUBLE         | 8675309.8675",
        "DATE           | 1961-08-04",
        "TIMESTAMP(3)   | 1961-08-04 19:24:00.123",
      })
  void valueOfAnyTypeStaysOutOfTheFailure(String type, String value) {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "id BIGINT, secret " + type, "2," + value)
            .model("failing", "id BIGINT, secret " + type, "y BIGINT", "failing.RaisesValue")
            .failureOf(QUERY);

    assertThat(failure)
        .contains(MODEL + ", row 1: predict failed with ValueError: cannot score")
        .doesNotContain(value)
        .doesNotContain("1961");
    assertThat(log.text()).doesNotContain(value);
  }

  private static String failureOf(String pythonClass, String output) {
    String failure = session(pythonClass, output).failureOf(QUERY);
    assertThat(failure).doesNotContain(SECRET);
    return failure;
  }

  private static SqlSession session(String pythonClass, String output) {
    return new SqlSession()
        .csvTable("input_rows", "id BIGINT, secret STRING", "1,a", "2," + SECRET, "3,c")
        .model("failing", "id BIGINT, secret STRING", output, "failing." + pythonClass);
  }
}
