// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.types.DataType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How rows are gathered into batches and what happens to each row, tested without a job. */
@NeedsPython
@Timeout(180)
class AsyncPredictFunctionTest {

  @TempDir Path directory;

  private final List<AsyncPredictFunction> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    release(); // Python may still wait if a test failed
    for (AsyncPredictFunction function : open) {
      function.close();
    }
  }

  /** A single row does not wait, and batches grow only under load. */
  @Test
  void rowsThatArriveWhilePythonIsBusyBecomeTheNextBatch() throws Exception {
    AsyncPredictFunction function = open("Waits", bigints("batch"), Map.of("batch-size", "100"));
    List<CompletableFuture<Collection<RowData>>> results = predictWhilePythonIsBusy(function, 50);
    release();

    assertThat(sizes(results.subList(1, results.size()))).containsOnly(50L);
  }

  /** More rows than the batch size may wait, because Flink may have more in flight. */
  @Test
  void noBatchIsLargerThanTheBatchSize() throws Exception {
    AsyncPredictFunction function = open("Waits", bigints("batch"), Map.of("batch-size", "20"));
    List<CompletableFuture<Collection<RowData>>> results = predictWhilePythonIsBusy(function, 50);
    release();

    List<Long> sizes = sizes(results.subList(1, results.size()));
    assertThat(sizes.subList(0, 40)).containsOnly(20L);
    assertThat(sizes.subList(40, 50)).containsOnly(10L);
  }

  /** Users tune the batch size by this metric. */
  @Test
  void histogramShowsTheSizesOfBatches() throws Exception {
    Map<String, Histogram> histograms = new HashMap<>();
    MetricGroup metrics =
        new UnregisteredMetricsGroup() {
          @Override
          public MetricGroup addGroup(String key, String value) {
            return this;
          }

          @Override
          public <H extends Histogram> H histogram(String name, H histogram) {
            histograms.put(name, histogram);
            return histogram;
          }
        };
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "batches.Arrow",
            schema("x", DataTypes.DOUBLE()),
            ResolvedSchema.of(
                Column.physical("y", DataTypes.DOUBLE()),
                Column.physical("batch", DataTypes.BIGINT())),
            Map.of("batch-size", "4", "batch-timeout", "1 min"),
            metrics);
    open.add(function);
    for (int i = 0; i < 12; i++) {
      CompletableFuture<Collection<RowData>> result = predict(function, i);
      if (i % 4 == 3) {
        result.get();
      }
    }

    Histogram sizes = histograms.get("batch_size");
    assertThat(sizes.getCount()).isEqualTo(3);
    assertThat(sizes.getStatistics().getMin()).isEqualTo(4);
    assertThat(sizes.getStatistics().getMax()).isEqualTo(4);
  }

  /** User code may keep a batch, so later rows must be written to other memory. */
  @Test
  void keptBatchesKeepTheirValues() throws Exception {
    AsyncPredictFunction function = open("Keeps", doubles("sum"), Map.of("batch-size", "8"));

    double last = 0;
    for (int i = 1; i <= 1000; i++) {
      last = value(predict(function, i).get());
    }

    assertThat(last).isEqualTo(1000 * 1001 / 2.0);
  }

  /** User code can write to the memory of its batch, which is exported to it. */
  @Test
  void overwrittenBatchChangesNoOtherRow() throws Exception {
    AsyncPredictFunction function =
        open(
            "Overwrites",
            doubles("y"),
            Map.of(
                "batch-size", "10",
                "batch-timeout", "1 min",
                "error-handling-strategy", "IGNORE"));

    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 30);

    assertThat(values(results))
        .containsExactlyElementsOf(
            IntStream.range(0, 30)
                .filter(i -> i != 3)
                .mapToObj(i -> (double) i)
                .collect(Collectors.toList()));
  }

  /** A failure of the batch must not fail its good rows. */
  @ParameterizedTest
  @CsvSource({
    "FailsAt, 0, predict_batch",
    "FailsAt, 7, predict_batch",
    "FailsAt, 9, predict_batch",
    "FailsAtRow, 0, predict",
    "FailsAtRow, 7, predict"
  })
  void onlyTheBadRowFails(String pythonClass, int bad, String method) throws Exception {
    AsyncPredictFunction function =
        open(
            pythonClass,
            doubles("y"),
            Map.of(
                "batch-size", "10",
                "batch-timeout", "1 min",
                "properties.rows", String.valueOf(bad)));

    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 10);

    for (int i = 0; i < 10; i++) {
      CompletableFuture<Collection<RowData>> result = results.get(i);
      if (i == bad) {
        assertThatThrownBy(result::join)
            .isInstanceOf(CompletionException.class)
            .hasMessageContaining("row " + (bad + 1) + ": " + method + " failed with ValueError")
            .hasMessageNotContainingAny("cannot score " + bad + ".0");
      } else {
        assertThat(value(result.join())).isEqualTo(i);
      }
    }
  }

  /** IGNORE drops the bad rows, however many there are. */
  @ParameterizedTest
  @ValueSource(strings = {"FailsAt", "FailsAtRow"})
  void ignoredRowsHaveNoResult(String pythonClass) throws Exception {
    AsyncPredictFunction function =
        open(
            pythonClass,
            doubles("y"),
            Map.of(
                "batch-size", "10",
                "batch-timeout", "100 ms",
                "error-handling-strategy", "ignore",
                "properties.rows", "0,1,2,5,8,9,13"));

    assertThat(values(predictAll(function, 20)))
        .containsExactly(3.0, 4.0, 6.0, 7.0, 10.0, 11.0, 12.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0);
  }

  /** A value that does not fit OUTPUT is attributed to its row like an exception. */
  @Test
  void resultThatDoesNotFitFailsItsRow() throws Exception {
    AsyncPredictFunction function =
        open(
            "NullAt",
            schema("y", DataTypes.DOUBLE().notNull()),
            Map.of("batch-size", "10", "batch-timeout", "1 min"));

    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 10);

    assertThatThrownBy(results.get(3)::join).hasMessageContaining("row 4: column 'y'");
    results.remove(3);
    assertThat(values(results)).hasSize(9);
  }

  /** Results that cannot be assigned to rows must not be emitted. */
  @Test
  void wrongNumberOfResultsFails() throws Exception {
    AsyncPredictFunction function = open("Short", doubles("y"), Map.of("batch-size", "2"));

    assertThatThrownBy(predict(function, 1)::join)
        .hasMessageContaining("predict_batch returned 0 values for 1 row");
  }

  /** A row that cannot be written is not in the batch, and no other row takes its result. */
  @Test
  void rowThatDoesNotFitTheInputFailsAlone() throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "batches.FailsAt",
            schema("x", DataTypes.DOUBLE().notNull()),
            doubles("y"),
            Map.of("batch-size", "3", "batch-timeout", "1 min", "properties.rows", "5"));
    open.add(function);

    CompletableFuture<Collection<RowData>> first = predict(function, 4);
    CompletableFuture<Collection<RowData>> second =
        function.asyncPredict(GenericRowData.of((Object) null));
    CompletableFuture<Collection<RowData>> third = predict(function, 5);
    CompletableFuture<Collection<RowData>> fourth = predict(function, 6);

    assertThatThrownBy(second::join).hasMessageContaining("row 2: column 'x'");
    assertThatThrownBy(third::join).hasMessageContaining("row 3: predict_batch failed");
    assertThat(value(first.join())).isEqualTo(4);
    assertThat(value(fourth.join())).isEqualTo(6);
  }

  /**
   * Flink waits for each future, and an exception would hide why the job ends, so rows end without
   * results and Flink restores them.
   */
  @Test
  void closeCompletesAllRows() throws Exception {
    AsyncPredictFunction function = open("Waits", bigints("batch"), Map.of("batch-size", "10"));
    List<CompletableFuture<Collection<RowData>>> results = predictWhilePythonIsBusy(function, 30);
    Thread releaser = new Thread(this::releaseQuietly);
    releaser.start();
    function.close();
    releaser.join();

    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThat(sizes(results.subList(0, 1))).containsExactly(1L);
    assertThat(results.subList(1, results.size()))
        .allSatisfy(result -> assertThat(result.join()).isNotNull());
  }

  /** Flink closes functions twice on some failures. */
  @Test
  void closeIsIdempotent() throws Exception {
    AsyncPredictFunction function = open("Arrow", bigints("y", "batch"), Map.of("batch-size", "2"));
    function.close();
    function.close();

    assertThatThrownBy(() -> function.asyncPredict(GenericRowData.of(1.0)))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Threads that compete for the GIL slow each other down. */
  @ParameterizedTest
  @CsvSource({"true, 1", "false, 3"})
  void subtasksShareAThreadUnlessTheOptionIsOff(String share, int threads) throws Exception {
    Map<String, String> options = Map.of("batch-size", "2", "share-python-thread", share);
    for (int i = 0; i < 3; i++) {
      value(predict(open("FailsAt", doubles("y"), withRows(options)), 1).get());
    }

    assertThat(pythonThreads()).isEqualTo(threads);

    for (AsyncPredictFunction function : open) {
      function.close();
    }
    while (pythonThreads() > 0) {
      Thread.sleep(1);
    }
  }

  private static Map<String, String> withRows(Map<String, String> options) {
    Map<String, String> all = new HashMap<>(options);
    all.put("properties.rows", "-1");
    return all;
  }

  private static long pythonThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("catalog.database.model"))
        .count();
  }

  private AsyncPredictFunction open(
      String pythonClass, ResolvedSchema output, Map<String, String> options) throws Exception {
    Map<String, String> all = new HashMap<>(options);
    all.put("properties.file", directory.resolve("go").toString());
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "batches." + pythonClass, schema("x", DataTypes.DOUBLE()), output, all);
    open.add(function);
    return function;
  }

  private void release() throws IOException {
    Files.write(directory.resolve("go"), new byte[0]);
  }

  private void releaseQuietly() {
    try {
      TimeUnit.MILLISECONDS.sleep(50); // most likely, close waits by then
      release();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Predicts one row, and more rows once Python is busy with it, until {@code release}. */
  private static List<CompletableFuture<Collection<RowData>>> predictWhilePythonIsBusy(
      AsyncPredictFunction function, int rows) throws InterruptedException {
    List<CompletableFuture<Collection<RowData>>> results = new ArrayList<>();
    results.add(predict(function, 0));
    waitUntilPythonIsBusy();
    results.addAll(predictAll(function, rows));
    return results;
  }

  /** Waits until the Python thread is in native code. */
  private static void waitUntilPythonIsBusy() throws InterruptedException {
    while (Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().equals("catalog.database.model"))
        .noneMatch(
            entry ->
                entry.getValue().length > 0
                    && entry.getValue()[0].getClassName().endsWith(".NativeBridge"))) {
      Thread.sleep(1);
    }
  }

  private static CompletableFuture<Collection<RowData>> predict(
      AsyncPredictFunction function, double x) {
    return function.asyncPredict(GenericRowData.of(x));
  }

  private static List<CompletableFuture<Collection<RowData>>> predictAll(
      AsyncPredictFunction function, int rows) {
    return IntStream.range(0, rows)
        .mapToObj(i -> predict(function, i))
        .collect(Collectors.toList());
  }

  private static double value(Collection<RowData> rows) {
    return rows.iterator().next().getDouble(0);
  }

  private static List<Double> values(List<CompletableFuture<Collection<RowData>>> results) {
    return results.stream()
        .flatMap(result -> result.join().stream())
        .map(row -> row.getDouble(0))
        .collect(Collectors.toList());
  }

  private static List<Long> sizes(List<CompletableFuture<Collection<RowData>>> results) {
    return results.stream()
        .flatMap(result -> result.join().stream())
        .map(row -> row.getLong(0))
        .collect(Collectors.toList());
  }

  private static ResolvedSchema doubles(String name) {
    return schema(name, DataTypes.DOUBLE());
  }

  private static ResolvedSchema bigints(String... names) {
    return ResolvedSchema.of(
        Arrays.stream(names)
            .map(name -> Column.physical(name, DataTypes.BIGINT()))
            .toArray(Column[]::new));
  }

  private static ResolvedSchema schema(String name, DataType type) {
    return ResolvedSchema.of(Column.physical(name, type));
  }
}
