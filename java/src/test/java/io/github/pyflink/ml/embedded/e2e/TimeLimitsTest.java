// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.python.InterruptedCallException;
import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
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

/** A call that takes too long fails its row, and one whose job is cancelled ends. */
@NeedsPython
@Timeout(120)
class TimeLimitsTest {

  private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(10);

  @TempDir Path directory;

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable function : open) {
      function.close();
    }
  }

  /** The user must find the row, the limit and the place, and the next rows must not suffer. */
  @ParameterizedTest
  @CsvSource({"loop", "swallow", "finish"})
  void rowThatTakesTooLongFails(String way) throws Exception {
    PredictFunction function = open("thread", way, "2", "predict-timeout", "300 ms");

    assertThat(predict(function, 1)).isEqualTo(1);
    assertThatThrownBy(() -> predict(function, 2))
        .satisfies(TimeLimitsTest::isTimeout)
        .hasMessageStartingWith(
            "model 'catalog.database.model', row 2: predict failed with PredictTimeoutError: it did"
                + " not return within 300 ms: make it faster, or raise 'predict-timeout'")
        .hasMessageContaining("in _loop");
    for (int i = 3; i < 10_000; i++) {
      assertThat(predict(function, i)).isEqualTo(i);
    }
  }

  /** A policy must know it also where the process was killed. */
  @Test
  void rowThatTakesTooLongInAWorkerFails() throws Exception {
    PredictFunction function = open("process", "loop", "2", "predict-timeout", "300 ms");

    assertThat(predict(function, 1)).isEqualTo(1);
    assertThatThrownBy(() -> predict(function, 2))
        .satisfies(TimeLimitsTest::isTimeout)
        .hasMessageContaining(
            "row 2: the worker process did not answer within 300 ms (predict-timeout)");
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** A class may have an answer for rows that take too long. */
  @Test
  void classMayCatchTheError() throws Exception {
    PredictFunction function = open("thread", "answer", "2", "predict-timeout", "300 ms");

    assertThat(predict(function, 2)).isEqualTo(2);
  }

  /** Rows on a thread of their own have the same limit. */
  @Test
  void rowOnAPythonThreadFails() throws Exception {
    PredictFunction function =
        open("thread", "loop", "2", "predict-timeout", "300 ms", "python-thread", "true");

    assertThatThrownBy(() -> predict(function, 2)).satisfies(TimeLimitsTest::isTimeout);
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** Neighbours of the row are in the same call. */
  @ParameterizedTest
  @CsvSource({"thread, SlowInBatch", "thread, Slow", "process, SlowInBatch"})
  void onlyTheRowThatTakesTooLongFailsInABatch(String mode, String pythonClass) throws Exception {
    AsyncPredictFunction function =
        openAsync(
            mode,
            pythonClass,
            "loop",
            "9",
            "batch-size",
            "16",
            "predict-timeout",
            "200 ms",
            "process-max-restarts",
            "100");

    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 16);

    assertThatThrownBy(results.remove(9)::join)
        .hasMessageContaining("row 10: ")
        .satisfies(error -> isTimeout(error.getCause()));
    assertThat(Workers.values(results))
        .isEqualTo(
            IntStream.range(0, 16)
                .filter(x -> x != 9)
                .mapToObj(x -> (double) x)
                .collect(Collectors.toList()));
  }

  /** Rows that take long together do not take too long. */
  @Test
  void limitIsThatOfOneRowWhereAClassPredictsRows() throws Exception {
    AsyncPredictFunction function =
        openAsync(
            "thread",
            "Paced",
            "loop",
            "-1",
            "batch-size",
            "16",
            "predict-timeout",
            "500 ms",
            "properties.seconds",
            "0.1");

    assertThat(Workers.values(predictAll(function, 16))).hasSize(16);
  }

  /** The user must find out why the limit has no effect. */
  @ParameterizedTest
  @CsvSource({
    "sleep, 'it is in native code, which a Python exception cannot end'",
    "block, 'native code holds the GIL, so that no Python code runs in this JVM'"
  })
  void stacksOfNativeCodeAreLogged(String way, String cause) throws Exception {
    PredictFunction function = open("thread", way, "2", "predict-timeout", "300 ms");
    predict(function, 1);
    try (LogCapture log = new LogCapture()) {
      assertThatThrownBy(() -> predict(function, 2)).satisfies(TimeLimitsTest::isTimeout);

      assertThat(log.text())
          .contains(
              "Model 'catalog.database.model', subtask 1 of 1 in attempt 1 of job 'unknown'"
                  + " (unknown), row 2: 'predict-timeout' is 300 ms, but")
          .containsOnlyOnce("but the call does not end, because " + cause)
          .containsPattern("slow.py\", line \\d+ in _" + way);
    }
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** Flink interrupts the task, closes the function and waits. No policy must hide the row. */
  @ParameterizedTest
  @CsvSource({"loop, false", "swallow, false", "loop, true"})
  void cancelledRowEnds(String way, String pythonThread) throws Exception {
    PredictFunction function =
        open(
            "thread",
            way,
            "1",
            "python-thread",
            pythonThread,
            "error-handling-strategy",
            "ignore",
            "properties.called",
            called().toString());
    FutureTask<Double> row = new FutureTask<>(() -> predict(function, 1));
    Thread task = new Thread(row);
    task.start();
    await(() -> Files.exists(called()));

    assertThat(
            timeOf(
                () -> {
                  task.interrupt();
                  assertThatThrownBy(row::get).hasCauseInstanceOf(InterruptedCallException.class);
                  function.close();
                  return null;
                }))
        .isLessThan(CANCELLED_WITHIN);
  }

  /** The task's thread only closes, and rows without results are restored by Flink. */
  @ParameterizedTest
  @CsvSource({"SlowInBatch", "Slow"})
  void cancelledBatchEnds(String pythonClass) throws Exception {
    AsyncPredictFunction function =
        openAsync(
            "thread",
            pythonClass,
            "loop",
            "1",
            "batch-size",
            "8",
            "properties.called",
            called().toString());
    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 100);
    await(() -> Files.exists(called()));

    assertThat(
            timeOf(
                () -> {
                  function.close();
                  return null;
                }))
        .isLessThan(CANCELLED_WITHIN);
    assertThat(results).allMatch(result -> result.isDone() && !result.isCompletedExceptionally());
  }

  /** The TaskManager lives, and its other jobs do not notice. */
  @ParameterizedTest
  @CsvSource({"1", "8"})
  void cancelledJobEndsAndOthersGoOn(String batchSize) throws Exception {
    Path count = directory.resolve("count");
    JobClient other = submit("others", "Paced", "1", "properties.count", count.toString());
    JobClient job = submit("looping", "Slow", batchSize, "properties.called", called().toString());
    try {
      await(() -> Files.exists(called()) && Files.exists(count));

      Duration took =
          timeOf(
              () -> {
                job.cancel().get();
                await(() -> job.getJobStatus().get().isGloballyTerminalState());
                return null;
              });

      assertThat(took).isLessThan(CANCELLED_WITHIN);
      int rows = rowsIn(count);
      await(() -> rowsIn(count) > rows + 10);
    } finally {
      other.cancel().get();
      await(() -> other.getJobStatus().get().isGloballyTerminalState()); // it writes until then
    }
  }

  private JobClient submit(String model, String pythonClass, String batchSize, String... options) {
    SqlSession session =
        new SqlSession()
            .execute(
                "CREATE TABLE input_rows (x DOUBLE) WITH ('connector' = 'datagen',"
                    + " 'rows-per-second' = '1000', 'fields.x.kind' = 'sequence',"
                    + " 'fields.x.start' = '1', 'fields.x.end' = '1000000')")
            .execute("CREATE TABLE results (y DOUBLE) WITH ('connector' = 'blackhole')");
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("batch-size", batchSize, "properties.way", "loop"));
    all.addAll(List.of("properties.rows", "3", "properties.seconds", "0.01"));
    return session
        .model(model, "x DOUBLE", "y DOUBLE", "slow." + pythonClass, all.toArray(String[]::new))
        .submit(
            "INSERT INTO results SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL "
                + model
                + ", DESCRIPTOR(x))")
        .getJobClient()
        .orElseThrow();
  }

  private Path called() {
    return directory.resolve("called");
  }

  private PredictFunction open(String mode, String way, String rows, String... options)
      throws Exception {
    PredictFunction function =
        PredictFunctions.open(
            "slow.Slow",
            Workers.INPUT,
            Workers.OUTPUT,
            options(mode, way, rows, options),
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    open.add(function::close);
    return function;
  }

  private AsyncPredictFunction openAsync(
      String mode, String pythonClass, String way, String rows, String... options)
      throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "slow." + pythonClass,
            Workers.INPUT,
            Workers.OUTPUT,
            options(mode, way, rows, options));
    open.add(function::close);
    return function;
  }

  private static Map<String, String> options(
      String mode, String way, String rows, String... options) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    all.putAll(Map.of("execution-mode", mode, "properties.way", way, "properties.rows", rows));
    if (mode.equals("thread")) {
      all.remove("process-max-restarts");
    }
    return all;
  }

  private static double predict(PredictFunction function, double x) {
    Collection<RowData> results = function.predict(GenericRowData.of(x));
    return results.iterator().next().getDouble(0);
  }

  private static List<CompletableFuture<Collection<RowData>>> predictAll(
      AsyncPredictFunction function, int rows) {
    return Workers.predictAll(function, rows);
  }

  private static void isTimeout(Throwable error) {
    assertThat(error).isInstanceOf(PythonException.class);
    assertThat(((PythonException) error).classNames())
        .first()
        .isEqualTo("pyflink_ml_embedded.PredictTimeoutError");
  }

  private static int rowsIn(Path count) throws Exception {
    String text = Files.readString(count);
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Thread.sleep(5);
    }
  }

  private static Duration timeOf(Callable<Void> work) throws Exception {
    long started = System.nanoTime();
    work.call();
    return Duration.ofNanos(System.nanoTime() - started);
  }
}
