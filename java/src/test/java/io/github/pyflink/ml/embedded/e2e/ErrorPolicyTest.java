// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of rows that fail is decided in one way on both paths and in both modes. */
@NeedsPython
@Timeout(180)
@Order(Integer.MAX_VALUE) // large libraries slow each later garbage collection of Python down
class ErrorPolicyTest {

  private static final int ROWS = 40;
  private static final String MODEL = "model 'default_catalog.default_database.scores'";
  private static final String CONFIG = "MAP['max-concurrent-operations', '64']";
  private static final String UNORDERED =
      "MAP['max-concurrent-operations', '64', 'output-mode', 'ALLOW_UNORDERED']";
  private static final String SYNC = "MAP['async', 'false']";

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void closeLog() {
    log.close();
  }

  /** Neighbours of a row that fails keep their results and their order. */
  @ParameterizedTest
  @CsvSource({
    "Fails, 1, thread",
    "Fails, 1, process",
    "Fails, 8, thread",
    "FailsInBatch, 8, thread",
    "FailsInBatch, 8, process"
  })
  void rowsThatFailAreDroppedOrGetTheDefault(String pythonClass, String batchSize, String mode) {
    List<Row> dropped =
        session(pythonClass, batchSize, mode, "rows", "3,17", "error-handling-strategy", "ignore")
            .query(query(CONFIG));
    List<Row> replaced =
        session(
                pythonClass,
                batchSize,
                mode,
                "rows",
                "3,17",
                "error-handling-strategy",
                "default",
                "default-value",
                "{\"y\": -1}")
            .query(query(CONFIG));

    assertThat(dropped).isEqualTo(rowsWithout(3, 17));
    assertThat(replaced).isEqualTo(rowsWith(-1L, 3, 17));
    assertThat(log.text())
        .contains("A row is dropped: " + MODEL + ", row 4: ")
        .contains("A row gets the default value: " + MODEL + ", row 4: ");
  }

  /** A failure that passes must cost neither the row nor the order. */
  @ParameterizedTest
  @CsvSource({
    "Fails, 1, thread",
    "Fails, 1, process",
    "Fails, 8, thread",
    "FailsInBatch, 8, thread",
    "FailsInBatch, 8, process"
  })
  void rowsThatFailTwiceAreRetriedInOrder(String pythonClass, String batchSize, String mode) {
    List<Row> rows =
        retrying(pythonClass, batchSize, mode, "rows", "0,3,4,39", "tries", "2")
            .query(query(CONFIG));

    assertThat(rows).isEqualTo(rowsWithout());
    assertThat(log.text())
        .contains("A row is predicted again: " + MODEL + ", row 1: ")
        .contains("longer than 180 s, and 100 retries may wait longer. Set 'retry-num'");
  }

  /** The rows behind a row that waits would otherwise wait with it. */
  @ParameterizedTest
  @CsvSource({"Fails, 1, thread", "FailsInBatch, 8, thread", "FailsInBatch, 8, process"})
  void rowsBehindARetryDoNotWaitForIt(String pythonClass, String batchSize, String mode) {
    List<Row> rows =
        retrying(
                pythonClass,
                batchSize,
                mode,
                "rows",
                "3",
                "tries",
                "1",
                "retry-initial-backoff",
                "3 s")
            .query(query(UNORDERED));

    assertThat(rows).hasSize(ROWS).containsExactlyInAnyOrderElementsOf(rowsWithout());
    assertThat(rows.get(ROWS - 1)).isEqualTo(Row.of(3L, 30L));
  }

  /** A query that Flink runs row by row has nobody else to wait. */
  @Test
  void retryWorksInAQueryWithoutAsync() {
    List<Row> rows =
        retrying("Fails", "1", "thread", "rows", "3,4", "tries", "2").query(query(SYNC));

    assertThat(rows).isEqualTo(rowsWithout());
  }

  /** What never succeeds ends as the fallback says. */
  @ParameterizedTest
  @CsvSource({"Fails, 1", "FailsInBatch, 8"})
  void rowIsHandledByTheFallbackAfterTheLastRetry(String pythonClass, String batchSize) {
    String failure =
        retrying(pythonClass, batchSize, "thread", "rows", "3", "retry-num", "2")
            .failureOf(query(CONFIG));
    List<Row> dropped =
        retrying(
                pythonClass,
                batchSize,
                "thread",
                "rows",
                "3",
                "retry-num",
                "2",
                "retry-fallback-strategy",
                "ignore")
            .query(query(CONFIG));
    List<Row> replaced =
        retrying(
                pythonClass,
                batchSize,
                "thread",
                "rows",
                "3",
                "retry-num",
                "2",
                "retry-fallback-strategy",
                "default",
                "default-value",
                "null")
            .query(query(CONFIG));

    assertThat(failure).contains(MODEL + ", row 4: ", "cannot score");
    assertThat(dropped).isEqualTo(rowsWithout(3));
    assertThat(replaced).isEqualTo(rowsWith(null, 3));
  }

  /** Retrying what cannot succeed only delays the job. */
  @ParameterizedTest
  @CsvSource({
    "BusyError, BusyError, true",
    "BusyError, errors.ServiceError, true",
    "BusyError, ValueError;ServiceError, true",
    "BusyError, ValueError, false",
    "ValueError, ArithmeticError;Error, false"
  })
  void onlyNamedExceptionsAreRetried(String error, String names, boolean isRetried) {
    List<Row> rows =
        retrying(
                "Fails",
                "1",
                "thread",
                "rows",
                "3",
                "tries",
                "1",
                "error",
                error,
                "retry-exceptions",
                names,
                "retry-fallback-strategy",
                "ignore")
            .query(query(CONFIG));

    assertThat(rows).isEqualTo(isRetried ? rowsWithout() : rowsWithout(3));
  }

  /** A broken model must not drop all rows unnoticed. */
  @ParameterizedTest
  @CsvSource({"Fails, 1", "FailsInBatch, 8"})
  void jobFailsWhenTooManyRowsFail(String pythonClass, String batchSize) {
    String ids =
        IntStream.range(100, 400).mapToObj(Integer::toString).collect(Collectors.joining(","));
    String failure =
        session(
                pythonClass,
                batchSize,
                "thread",
                500,
                "rows",
                ids,
                "error-handling-strategy",
                "ignore",
                "max-error-ratio",
                "0.5",
                "error-window",
                "1 h")
            .failureOf(query(CONFIG));

    assertThat(failure)
        .containsPattern(MODEL + ": \\d+ of 1\\d\\d rows have failed within .*'max-error-ratio'")
        .contains("'error-window' is 1 h", "The last error: " + MODEL + ", row ");
  }

  /** A few bad rows are what the strategy is for. */
  @Test
  void jobGoesOnWhileFewRowsFail() {
    List<Row> rows =
        session(
                "Fails",
                "1",
                "thread",
                500,
                "rows",
                "0,1,2,200,201",
                "error-handling-strategy",
                "ignore",
                "max-error-ratio",
                "0.1")
            .query(query(CONFIG));

    assertThat(rows).hasSize(495);
  }

  /** A log of a million tracebacks hides every other line. */
  @Test
  void oneTracebackOfEachKindIsLogged() {
    session("Fails", "1", "thread", "rows", "3,4,5", "error-handling-strategy", "ignore")
        .query(query(CONFIG));

    assertThat(log.text())
        .containsOnlyOnce("A row is dropped: ")
        .contains(MODEL + ": 2 times more: A row is dropped after ValueError");
  }

  /** A batch that does not fit the memory of a GPU must not fail the job. */
  @ParameterizedTest
  @CsvSource({"Sized, thread, numpy", "Sized, process, numpy", "SizedTorch, thread, torch"})
  void batchesShrinkWhereMemoryIsShort(String pythonClass, String mode, String module)
      throws IOException, InterruptedException {
    assumeTrue(Python.hasModule(module), module + " is not installed");
    List<Row> rows =
        session(pythonClass, "64", mode, 500)
            .query(query("MAP['max-concurrent-operations', '128']"));

    assertThat(rows).hasSize(500).allMatch(row -> row.<Long>getFieldAs("y") <= 10);
    assertThat(log.text()).contains(MODEL + ": memory is not enough for a batch of ");
  }

  private static SqlSession retrying(
      String pythonClass, String batchSize, String mode, String... options) {
    List<String> all = new ArrayList<>(List.of("error-handling-strategy", "retry"));
    if (!List.of(options).contains("retry-initial-backoff")) {
      all.addAll(List.of("retry-initial-backoff", "10 ms"));
    }
    all.addAll(List.of(options));
    return session(pythonClass, batchSize, mode, all.toArray(new String[0]));
  }

  private static SqlSession session(
      String pythonClass, String batchSize, String mode, String... options) {
    return session(pythonClass, batchSize, mode, ROWS, options);
  }

  private static SqlSession session(
      String pythonClass, String batchSize, String mode, int rows, String... options) {
    List<String> all = new ArrayList<>(List.of("batch-size", batchSize, "execution-mode", mode));
    for (int i = 0; i < options.length; i += 2) {
      boolean isProperty = List.of("rows", "error", "tries").contains(options[i]);
      all.add(isProperty ? "properties." + options[i] : options[i]);
      all.add(options[i + 1]);
    }
    return new SqlSession()
        .csvTable(
            "input_rows",
            "id BIGINT",
            IntStream.range(0, rows).mapToObj(Integer::toString).toArray(String[]::new))
        .model(
            "scores", "id BIGINT", "y BIGINT", "errors." + pythonClass, all.toArray(new String[0]));
  }

  private static String query(String config) {
    return "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL scores, DESCRIPTOR(id), "
        + config
        + ")";
  }

  private static List<Row> rowsWithout(long... failed) {
    return rows(false, null, failed);
  }

  private static List<Row> rowsWith(Long value, long... failed) {
    return rows(true, value, failed);
  }

  private static List<Row> rows(boolean isKept, Long value, long... failed) {
    List<Row> rows = new ArrayList<>();
    for (long id = 0; id < ROWS; id++) {
      long row = id;
      boolean isFailed = Arrays.stream(failed).anyMatch(other -> other == row);
      if (!isFailed || isKept) {
        rows.add(Row.of(id, isFailed ? value : Long.valueOf(id * 10)));
      }
    }
    return rows;
  }
}
