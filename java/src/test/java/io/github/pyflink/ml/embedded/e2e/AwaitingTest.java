// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose predict is {@code async def}: many rows await at once. */
@NeedsPython
@Timeout(60)
class AwaitingTest {

  private static final ResolvedSchema VERSION =
      ResolvedSchema.of(
          Column.physical("version", DataTypes.BIGINT()),
          Column.physical("subtask", DataTypes.BIGINT()));

  @TempDir Path directory;

  private final List<AsyncPredictFunction> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AsyncPredictFunction function : open) {
      function.close();
    }
    assertThat(Workers.processes()).isEmpty();
  }

  /** That is what coroutines are for; a variable that open sets holds in each of them. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowsAwaitAtOnce(String mode) throws Exception {
    AsyncPredictFunction function = open("Together", mode, "properties.rows", "1500");

    assertThat(Workers.values(Workers.predictAll(function, 1500))).isEqualTo(doubled(1500));
    assertThat(Workers.values(Workers.predictAll(function, 10))).isEqualTo(doubled(10));
  }

  /** A slow row and one that fails do not hold up the others. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowsCompleteByThemselves(String mode) throws Exception {
    AsyncPredictFunction function = open("Gate", mode, "properties.opener", "40");
    List<CompletableFuture<Collection<RowData>>> first = Workers.predictAll(function, 30);

    assertThat(Workers.values(first.subList(2, 30))).isEqualTo(doubled(30).subList(2, 30));
    assertThat(first.get(0)).isNotDone();
    assertThatThrownBy(() -> first.get(1).join())
        .hasCauseInstanceOf(PythonException.class)
        .hasMessageContaining("row 2: predict failed with ValueError: row with 4322.5")
        .hasMessageContaining("awaiting.py");
    List<CompletableFuture<Collection<RowData>>> second = Workers.predictAll(function, 41);
    assertThat(Workers.values(List.of(first.get(0), second.get(40)))).containsExactly(0.0, 80.0);
  }

  /** A service that refuses some rows for a moment does not hold up the others. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void failedRowsAreTriedAgain(String mode) throws Exception {
    AsyncPredictFunction function =
        open(
            "Flaky",
            mode,
            "error-handling-strategy",
            "retry",
            "retry-initial-backoff",
            "50 ms",
            "max-batch-bytes",
            "100 b");

    assertThat(Workers.values(Workers.predictAll(function, 200))).isEqualTo(doubled(200));
  }

  /** Several calls of a service may be in flight; the rows of one that fails are searched. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void batchesAwaitAtOnce(String mode) throws Exception {
    AsyncPredictFunction function =
        open("TogetherInBatches", mode, "batch-size", "8", "properties.bad", "5");
    List<CompletableFuture<Collection<RowData>>> rows = Workers.predictAll(function, 32);

    Throwable failure = catchThrowable(() -> rows.remove(5).join());
    assertThat(failure).hasMessageContaining("row 6: predict_batch failed with ValueError");
    assertThat(failure).hasMessageContaining("batch with <column 'x'>");
    List<Double> others = doubled(32);
    others.remove(5);
    assertThat(Workers.values(rows)).isEqualTo(others);
  }

  /** Tasks of the class run in the same loop, also without a row, and all are ended. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void closeCancelsWhatAwaits(String mode) throws Exception {
    AsyncPredictFunction function = open("Endless", mode, "properties.marks", directory.toString());
    awaitMark("tick");
    CompletableFuture<Collection<RowData>> row = Workers.predictAll(function, 1).get(0);
    awaitMark("started");
    function.close();

    assertThat(row).isCompletedWithValue(List.of());
    assertThat(directory.resolve("finally")).exists();
    assertThat(directory.resolve("closed")).exists();
  }

  /** A coroutine may catch its cancellation, but must not stop the job. */
  @Test
  void closeDoesNotWaitForEver() throws Exception {
    try (LogCapture log = new LogCapture()) {
      AsyncPredictFunction function = open("Stubborn", "thread");
      Workers.values(Workers.predictAll(function, 2).subList(1, 2));
      function.close();

      assertThat(log.text()).contains("they catch CancelledError");
    }
  }

  /** The limit is for each row. */
  @Test
  void slowRowFailsAfterTheTimeout() throws Exception {
    AsyncPredictFunction function = open("Hangs", "process", "predict-timeout", "200 ms");
    List<CompletableFuture<Collection<RowData>>> rows = Workers.predictAll(function, 3);

    assertThatThrownBy(() -> rows.get(0).join())
        .hasMessageContaining("row 1: predict failed with PredictTimeoutError")
        .hasMessageContaining("0.2 s (predict-timeout)")
        .hasMessageContaining("await asyncio.Event().wait()");
    assertThat(Workers.values(rows.subList(1, 3))).containsExactly(2.0, 4.0);
  }

  /** Rows in flight are left to the old version, and the new one does not wait for them. */
  @Test
  void versionThatIsReplacedCompletesItsRows() throws Exception {
    VersionedModel model = new VersionedModel(directory);
    Map<String, String> options = new HashMap<>(model.options());
    options.put("batch-size", "2");
    AsyncPredictFunction function =
        PredictFunctions.openAsync("versions.Awaiting", Workers.INPUT, VERSION, options);
    open.add(function);
    model.hold("predict 1");
    List<CompletableFuture<Collection<RowData>>> rows = Workers.predictAll(function, 1);
    model.await("predict 1");
    model.put(2);
    do {
      rows.addAll(Workers.predictAll(function, 1));
      Thread.sleep(5);
    } while (!rows.get(rows.size() - 1).isDone());
    assertThat(rows.get(0)).isNotDone();
    model.release("predict 1");

    assertThat(version(rows.get(0))).isEqualTo(1);
    assertThat(version(rows.get(rows.size() - 1))).isEqualTo(2);
    model.await("close 1");
  }

  /** A coroutine that blocks the loop of a worker blocks all rows, so the worker is killed. */
  @Test
  void rowThatBlocksTheLoopFailsAfterTheTimeout() throws Exception {
    AsyncPredictFunction function = open("Blocks", "process", "predict-timeout", "300 ms");
    List<CompletableFuture<Collection<RowData>>> rows = Workers.predictAll(function, 4);

    assertThatThrownBy(() -> rows.get(0).join()).hasMessageContaining("row 1: the worker process");
    assertThat(Workers.values(rows.subList(1, 4))).containsExactly(2.0, 4.0, 6.0);
  }

  /** Rows in flight in a process that ends are predicted again. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void processMayEndWhileRowsAwait(boolean once) throws Exception {
    String mark = once ? directory.resolve("once").toString() : "";
    AsyncPredictFunction function =
        open("Dies", "process", "properties.deadly", "100", "properties.once", mark);
    List<CompletableFuture<Collection<RowData>>> rows = Workers.predictAll(function, 200);

    List<Double> expected = doubled(200);
    if (!once) {
      assertThatThrownBy(() -> rows.remove(100).join())
          .hasMessageContaining("row 101: the worker process")
          .hasMessageContaining("for the second time");
      expected.remove(100);
    }
    assertThat(Workers.values(rows)).isEqualTo(expected);
    assertThat(Workers.values(Workers.predictAll(function, 3))).isEqualTo(doubled(3));
  }

  /** The job's order is Flink's business. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void fastRowsComeOutFirstIfTheJobAllows(String mode) {
    List<Row> rows =
        session("Gate", "2", mode, "properties.opener", "9")
            .query(
                "SELECT x, y FROM ML_PREDICT(TABLE input_rows, MODEL m, DESCRIPTOR(x),"
                    + " MAP['output-mode', 'ALLOW_UNORDERED'])");

    assertThat(rows).hasSize(9).contains(Row.of(0.0, 0.0));
    assertThat(rows.get(0)).isNotEqualTo(Row.of(0.0, 0.0));
  }

  /** The class works with each batch-size, but the log says what one row at a time costs. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowsOfTheRowPathAwaitOneByOne(String mode) {
    try (LogCapture log = new LogCapture()) {
      List<Row> rows =
          session("Together", "1", mode, "properties.rows", "1")
              .query("SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL m, DESCRIPTOR(x))");

      assertThat(rows).hasSize(9).contains(Row.of(18.0));
      assertThat(log.text()).containsOnlyOnce("its rows await one after the other");
    }
  }

  /** Nothing would await what it yields. */
  @Test
  void asynchronousGeneratorIsRefused() {
    assertThatThrownBy(() -> open("Generates", "thread"))
        .hasMessageContaining("Generates.predict has both 'async def' and 'yield'");
  }

  private AsyncPredictFunction open(String pythonClass, String mode, String... options)
      throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("execution-mode", mode, "batch-size", "2"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    AsyncPredictFunction function =
        PredictFunctions.openAsync("awaiting." + pythonClass, Workers.INPUT, Workers.OUTPUT, all);
    open.add(function);
    return function;
  }

  private static SqlSession session(
      String pythonClass, String batchSize, String mode, String... options) {
    List<String> all = new ArrayList<>(List.of("batch-size", batchSize, "execution-mode", mode));
    all.addAll(List.of(options));
    return new SqlSession()
        .csvTable(
            "input_rows",
            "x DOUBLE",
            IntStream.of(0, 2, 3, 4, 5, 6, 7, 8, 9)
                .mapToObj(String::valueOf)
                .toArray(String[]::new))
        .model("m", "x DOUBLE", "y DOUBLE", "awaiting." + pythonClass, all.toArray(new String[0]));
  }

  private static List<Double> doubled(int rows) {
    return IntStream.range(0, rows).mapToObj(x -> 2.0 * x).collect(Collectors.toList());
  }

  private static long version(CompletableFuture<Collection<RowData>> row) {
    return row.join().iterator().next().getLong(0);
  }

  private void awaitMark(String name) throws InterruptedException {
    while (Files.notExists(directory.resolve(name))) {
      Thread.sleep(Duration.ofMillis(5).toMillis());
    }
  }
}
