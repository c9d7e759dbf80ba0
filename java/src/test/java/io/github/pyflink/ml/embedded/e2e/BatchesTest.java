// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs whose models predict rows in batches. */
@NeedsPython
class BatchesTest {

  private static final int ROWS = 1000;
  private static final String CONCURRENCY_OPTION =
      "table.exec.async-ml-predict.max-concurrent-operations";
  private static final String CONFIG = "MAP['max-concurrent-operations', '128']";

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  /** The batch has the form that the class asks for, and results return to their rows. */
  @ParameterizedTest
  @ValueSource(strings = {"Arrow", "Pandas", "Numpy", "Rows"})
  void eachRowGetsItsOwnResult(String pythonClass) {
    List<Row> rows = doubled(session(pythonClass, "64"), CONFIG);

    assertThat(rows).hasSize(ROWS).allMatch(row -> twice(row) == row.<Double>getFieldAs("y"));
    assertThat(rows).isSortedAccordingTo((a, b) -> Double.compare(x(a), x(b)));
    assertThat(rows).allMatch(row -> row.<Long>getFieldAs("batch") <= 64);
  }

  /** With Flink's option output-mode, rows may overtake each other but not get lost. */
  @Test
  void unorderedOutputHasTheSameRows() {
    List<Row> rows =
        doubled(
            session("Arrow", "64"),
            "MAP['max-concurrent-operations', '128', 'output-mode', 'ALLOW_UNORDERED']");

    assertThat(rows).hasSize(ROWS).allMatch(row -> twice(row) == row.<Double>getFieldAs("y"));
    assertThat(rows.stream().map(BatchesTest::x).distinct()).hasSize(ROWS);
  }

  /** A class runs with and without batches, unchanged. */
  @ParameterizedTest
  @ValueSource(strings = {"Arrow", "Pandas", "Numpy"})
  void batchFunctionOnTheRowPathGetsBatchesOfOne(String pythonClass) {
    List<Row> rows = doubled(session(pythonClass, "1"), CONFIG);

    assertThat(rows)
        .hasSize(ROWS)
        .allMatch(row -> twice(row) == row.<Double>getFieldAs("y"))
        .allMatch(row -> row.<Long>getFieldAs("batch") == 1);
  }

  /** The number of results may differ from the number of rows. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "4"})
  void rowHasAnyNumberOfResults(String batchSize) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", "2", "0", "0", "3", "1")
            .model(
                "countdown", "x DOUBLE", "y DOUBLE", "batches.Countdown", "batch-size", batchSize)
            .query("SELECT x, y FROM ML_PREDICT(TABLE input_rows, MODEL countdown, DESCRIPTOR(x))");

    assertThat(rows)
        .containsExactly(
            Row.of(2.0, 1.0),
            Row.of(2.0, 0.0),
            Row.of(3.0, 2.0),
            Row.of(3.0, 1.0),
            Row.of(3.0, 0.0),
            Row.of(1.0, 0.0));
  }

  /** NULL is NaN in the matrix, and other columns are omitted. */
  @Test
  void featureMatrixHoldsTheNumericColumns() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "a INT, s STRING, b DOUBLE", "1,one,0.5", "2,two,\\N")
            .model(
                "matrix",
                "a INT, s STRING, b DOUBLE",
                "y DOUBLE",
                "batches.Matrix",
                "batch-size",
                "8")
            .query("SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL matrix, DESCRIPTOR(a, s, b))");

    assertThat(rows).containsExactly(Row.of(1.5), Row.of(Double.NaN));
  }

  /** A class may implement both methods. */
  @ParameterizedTest
  @CsvSource({"1, row", "2, batch"})
  void batchSizeChoosesTheMethod(String batchSize, String way) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", "1")
            .model("either", "x DOUBLE", "way STRING", "batches.Both", "batch-size", batchSize)
            .query("SELECT way FROM ML_PREDICT(TABLE input_rows, MODEL either, DESCRIPTOR(x))");

    assertThat(rows).containsExactly(Row.of(way));
  }

  /** A query may need other batches than the model's default. */
  @Test
  void configOfTheQueryOverridesTheModel() {
    List<Row> rows =
        doubled(
            session("Arrow", "64"), "MAP['max-concurrent-operations', '128', 'batch-size', '2']");

    assertThat(rows).hasSize(ROWS).allMatch(row -> row.<Long>getFieldAs("batch") <= 2);
    assertThat(rows).anyMatch(row -> row.<Long>getFieldAs("batch") == 2);
  }

  /** Flink has then planned an operator that waits for each row. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"1 | MAP['batch-size', '8']", "4 | MAP['batch-size', '8', 'async', 'false']"})
  void batchesOfASynchronousQueryAreRejected(String batchSize, String config) {
    assertThat(session("Arrow", batchSize).failureOf(query(config)))
        .contains("the query's CONFIG has 'batch-size' = '8'", "ALTER MODEL");
  }

  /** With a long timeout every batch waits until it is full. */
  @Test
  void batchTimeoutFillsBatches() {
    List<Row> rows =
        doubled(
            session("Arrow", "10"),
            "MAP['max-concurrent-operations', '10', 'batch-timeout', '1 min']");

    assertThat(rows).hasSize(ROWS).allMatch(row -> row.<Long>getFieldAs("batch") == 10);
  }

  /** No more rows may come to fill the batch. */
  @Test
  void incompleteBatchIsPredictedAfterItsTimeout() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", "1", "2", "3")
            .model(
                "doubler",
                "x DOUBLE",
                "y DOUBLE, batch BIGINT",
                "batches.Arrow",
                "batch-size",
                "10",
                "batch-timeout",
                "300 ms")
            .query("SELECT batch FROM ML_PREDICT(TABLE input_rows, MODEL doubler, DESCRIPTOR(x))");

    // How many rows arrive within the timeout depends on the machine.
    assertThat(rows).hasSize(3).allMatch(row -> row.<Long>getFieldAs("batch") <= 3);
  }

  /** Batches would otherwise stay small without an apparent reason. */
  @Test
  void tooFewConcurrentOperationsCauseAWarning() {
    doubled(session("Arrow", "64"), "MAP['timeout', '1 min']");

    assertThat(log.text())
        .containsOnlyOnce("Flink has at most 10 rows")
        .contains("batch-size of 64", "Set '" + CONCURRENCY_OPTION + "'");
  }

  /** A correct setting must not be questioned. */
  @Test
  void enoughConcurrentOperationsCauseNoWarning() {
    doubled(session("Arrow", "64"), CONFIG);

    assertThat(log.text()).doesNotContain(CONCURRENCY_OPTION);
  }

  /** The row is found in its batch, and the traceback names the line. */
  @ParameterizedTest
  @CsvSource({
    "FailsAt, predict_batch, cannot score {x}",
    "FailsAtRow, predict, cannot score {data.x}"
  })
  void failedRowFailsTheJobWithItsNumber(String pythonClass, String method, String code)
      throws IOException {
    SqlSession session =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", numbers())
            .model(
                "doubler",
                "x DOUBLE",
                "y DOUBLE",
                "batches." + pythonClass,
                "batch-size",
                "64",
                "properties.rows",
                "500");

    assertThat(session.failureOf(query(CONFIG)))
        .contains(
            "model 'default_catalog.default_database.doubler', row 501: " + method + " failed")
        .contains("batches.py\", line " + Python.lineOf("batches.py", code));
  }

  /** IGNORE must leave a trace in the log. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "64"})
  void ignoredRowIsDroppedWithAWarning(String batchSize) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", numbers())
            .model(
                "doubler",
                "x DOUBLE",
                "y DOUBLE",
                "batches.FailsAt",
                "batch-size",
                batchSize,
                "properties.rows",
                "3,500,999",
                "error-handling-strategy",
                "ignore")
            .query(query(CONFIG));

    assertThat(rows).hasSize(ROWS - 3);
    assertThat(log.text())
        .contains("A row is dropped: model 'default_catalog.default_database.doubler', row 4: ");
  }

  /** An option that cannot work fails when the query is planned. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batch-size              | 0    | Option 'batch-size' is 0; it must be at least 1",
        "batch-timeout           | -1 s | batch-timeout",
        "error-handling-strategy | shrug | error-handling-strategy",
      })
  void invalidOptionIsRejected(String option, String value, String problem) {
    SqlSession session = new SqlSession().csvTable("input_rows", "x DOUBLE", "1");
    session.model("doubler", "x DOUBLE", "y DOUBLE, batch BIGINT", "batches.Arrow", option, value);

    assertThat(session.failureOf(query("MAP['timeout', '1 min']"))).contains(problem);
  }

  private static SqlSession session(String pythonClass, String batchSize) {
    return new SqlSession()
        .csvTable("input_rows", "x DOUBLE", numbers())
        .model(
            "doubler",
            "x DOUBLE",
            "y DOUBLE, batch BIGINT",
            "batches." + pythonClass,
            "batch-size",
            batchSize);
  }

  private static String[] numbers() {
    return IntStream.range(0, ROWS).mapToObj(Integer::toString).toArray(String[]::new);
  }

  private static List<Row> doubled(SqlSession session, String config) {
    return session.query(query(config));
  }

  private static String query(String config) {
    return Stream.of("TABLE input_rows", "MODEL doubler", "DESCRIPTOR(x)", config)
        .collect(Collectors.joining(", ", "SELECT * FROM ML_PREDICT(", ")"));
  }

  private static double x(Row row) {
    return row.<Double>getFieldAs("x");
  }

  private static double twice(Row row) {
    return 2 * x(row);
  }
}
