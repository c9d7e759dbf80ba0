// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A strategy is for failures of rows, whatever their kind is, and for no other failure. */
@NeedsPython
@Timeout(120)
class FailureKindsTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("id", DataTypes.BIGINT().notNull()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(
          Column.physical("y", DataTypes.TINYINT()),
          Column.physical("error", DataTypes.STRING()),
          Column.physical("kind", DataTypes.STRING()));

  @TempDir Path directory;

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable function : open) {
      function.close();
    }
  }

  /** The class says where to look for the cause: in the model, in its process or in the data. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "3"})
  void eachKindOfFailureHasItsClass(String batchSize) throws Exception {
    Map<String, String> columns = Map.of("error-column", "error", "error-class-column", "kind");

    assertThat(kinds("Echo", batchSize, columns, 1, 2, 3))
        .containsExactly(null, "ValueError", null);
    assertThat(kinds("Echo", batchSize, columns, 1, null, 3)).containsExactly(null, "INPUT", null);
    assertThat(kinds("Echo", batchSize, columns, 1, 301, 3))
        .containsExactly(null, "pyflink_ml_embedded.ConversionError", null);
    Map<String, String> inProcess = new HashMap<>(columns);
    inProcess.put("execution-mode", "process");
    assertThat(kinds("Ends", batchSize, inProcess, 1, 2, 3)).containsExactly(null, "WORKER", null);
  }

  /** A model that cannot run would otherwise drop all rows. */
  @ParameterizedTest
  @CsvSource({"1, ignore", "3, ignore", "1, retry", "3, retry"})
  void processThatCannotBeReplacedFailsTheJob(String batchSize, String strategy) {
    Map<String, String> options =
        Map.of(
            "execution-mode",
            "process",
            "error-handling-strategy",
            strategy,
            "properties.once",
            directory.resolve("once").toString());

    assertThatThrownBy(() -> kinds("OpensOnce", batchSize, options, 1, 2, 3))
        .hasStackTraceContaining(PythonException.class.getName())
        .hasStackTraceContaining("open failed with FileExistsError");
  }

  /** Flink waits for each row when a job is cancelled, and predicts it again after a restore. */
  @Test
  void rowThatWaitsForARetryIsCompletedByClose() throws Exception {
    AsyncPredictFunction function =
        openAsync(
            "Echo",
            Map.of(
                "error-handling-strategy",
                "retry",
                "retry-initial-backoff",
                "1 h",
                "retry-max-backoff",
                "1 h"));

    CompletableFuture<Collection<RowData>> waiting = function.asyncPredict(row(2));
    CompletableFuture<Collection<RowData>> next = function.asyncPredict(row(3));
    assertThat(next.join()).hasSize(1);
    assertThat(waiting).isNotDone();
    function.close();

    assertThat(waiting.join()).isEmpty();
  }

  /** Cancelling a job must not wait for the longest backoff. */
  @Test
  void interruptEndsTheWaitOnTheTaskThread() throws Exception {
    PredictFunction function =
        openRows(
            "Echo",
            Map.of(
                "error-handling-strategy",
                "retry",
                "retry-initial-backoff",
                "1 h",
                "retry-max-backoff",
                "1 h"));
    Thread task = Thread.currentThread();
    Thread canceller =
        new Thread(
            () -> {
              while (task.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
              }
              task.interrupt();
            });
    canceller.start();

    assertThatThrownBy(() -> function.predict(row(2))).hasMessageStartingWith("Interrupted while");
    assertThat(Thread.interrupted()).isTrue();
  }

  /** Returns the error classes of the rows. */
  private List<String> kinds(
      String pythonClass, String batchSize, Map<String, String> options, Integer... ids)
      throws Exception {
    List<RowData> results = new ArrayList<>();
    if (batchSize.equals("1") && !options.containsValue("retry")) {
      PredictFunction function = openRows(pythonClass, options);
      for (Integer id : ids) {
        results.addAll(function.predict(row(id)));
      }
    } else {
      Map<String, String> all = new HashMap<>(options);
      all.put("batch-size", batchSize);
      AsyncPredictFunction function = openAsync(pythonClass, all);
      List<CompletableFuture<Collection<RowData>>> futures = new ArrayList<>();
      for (Integer id : ids) {
        futures.add(function.asyncPredict(row(id)));
      }
      futures.forEach(future -> results.addAll(future.join()));
    }
    return results.stream()
        .map(row -> row.isNullAt(2) ? null : row.getString(2).toString())
        .collect(Collectors.toList());
  }

  private static GenericRowData row(Integer id) {
    return GenericRowData.of(id == null ? null : Long.valueOf(id));
  }

  private PredictFunction openRows(String pythonClass, Map<String, String> options)
      throws Exception {
    PredictFunction function =
        PredictFunctions.open(
            "errors." + pythonClass,
            INPUT,
            output(options),
            options,
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    open.add(function::close);
    return function;
  }

  private AsyncPredictFunction openAsync(String pythonClass, Map<String, String> options)
      throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync("errors." + pythonClass, INPUT, output(options), options);
    open.add(function::close);
    return function;
  }

  /** Returns the error columns where the options name them. */
  private static ResolvedSchema output(Map<String, String> options) {
    return options.containsKey("error-column")
        ? OUTPUT
        : ResolvedSchema.of(OUTPUT.getColumns().get(0));
  }
}
