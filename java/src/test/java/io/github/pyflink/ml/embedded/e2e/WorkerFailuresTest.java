// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static io.github.pyflink.ml.embedded.e2e.Workers.OUTPUT;
import static io.github.pyflink.ml.embedded.e2e.Workers.predict;
import static io.github.pyflink.ml.embedded.e2e.Workers.predictAll;
import static io.github.pyflink.ml.embedded.e2e.Workers.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.core.execution.JobClient;
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

/** A model that ends or blocks its process costs no row but the one that is the cause. */
@NeedsPython
@Timeout(120)
class WorkerFailuresTest {

  /** Cancellation gives a process 1 s, and the rest takes far less than another one. */
  private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(2);

  @TempDir Path directory;

  private final Workers workers = new Workers();

  @AfterEach
  void close() throws Exception {
    workers.close();
    assertThat(Workers.processes()).isEmpty();
  }

  /** A crash may have its cause outside of the row. */
  @ParameterizedTest
  @CsvSource({"segfault", "exit", "abort"})
  void rowOfAProcessThatEndsIsPredictedAgain(String way) throws Exception {
    PredictFunction function = open("Dies", way, "2", "properties.once", once());

    assertThat(predict(function, 1)).isEqualTo(1);
    assertThat(predict(function, 2)).isEqualTo(2);
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** The user must find the row and the reason, and the next row must not suffer. */
  @ParameterizedTest
  @CsvSource({
    "segfault, was killed by SIGSEGV",
    "exit, ended with exit code 3",
    "abort, was killed by SIGABRT"
  })
  void rowThatEndsTwoProcessesFails(String way, String reason) throws Exception {
    PredictFunction function = open("Dies", way, "2");
    predict(function, 1);

    assertThatThrownBy(() -> predict(function, 2))
        .isInstanceOf(PythonException.class)
        .hasMessageStartingWith(
            "model 'catalog.database.model', row 2: the worker process " + reason + " when");
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** Neighbours of the row are in the same call. */
  @Test
  void onlyTheRowThatEndsItsProcessFailsInABatch() throws Exception {
    AsyncPredictFunction function = openAsync("segfault", "100");

    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 256);

    assertThatThrownBy(results.remove(100)::join)
        .hasMessageContaining("row 101: the worker process was killed by SIGSEGV");
    assertThat(values(results)).isEqualTo(numbersWithout(100, 256));
  }

  /** The search for a row must not use up the restarts of the job. */
  @Test
  void ignoredRowsAreDropped() throws Exception {
    AsyncPredictFunction function =
        openAsync("exit", "0,200,255", "error-handling-strategy", "ignore");

    List<Double> results = values(predictAll(function, 256));

    List<Double> expected = numbersWithout(200, 255);
    expected.remove(0);
    assertThat(results).isEqualTo(expected);
  }

  /** Whatever kills the process, no row is lost or doubled. */
  @Test
  void killedProcessesLoseNoRow() throws Exception {
    AsyncPredictFunction function = openAsync("exit", "-1", "process-max-restarts", "100");
    for (int i = 0; i < 3; i++) {
      List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 20_000);
      Workers.kill();
      results.addAll(predictAll(function, 20_000));

      assertThat(values(results))
          .hasSize(40_000)
          .isEqualTo(
              IntStream.range(0, 40_000)
                  .mapToObj(x -> (double) (x % 20_000))
                  .collect(Collectors.toList()));
    }
  }

  /** Subtasks that share a process are not to blame for the row of another one. */
  @Test
  void rowsOfOtherSubtasksSurvive() throws Exception {
    AsyncPredictFunction bad = openAsync("segfault", "100", "process-count", "1");
    AsyncPredictFunction good = openAsync("segfault", "100", "process-count", "1");

    List<CompletableFuture<Collection<RowData>>> failing = predictAll(bad, 200);
    List<Double> expected = new ArrayList<>();
    List<Double> results = new ArrayList<>();
    while (!failing.stream().allMatch(CompletableFuture::isDone)) {
      expected.addAll(numbersWithout(-1, 100));
      results.addAll(values(predictAll(good, 100)));
    }

    assertThatThrownBy(failing.remove(100)::join).hasMessageContaining("row 101: ");
    assertThat(values(failing)).isEqualTo(numbersWithout(100, 200));
    assertThat(results).isEqualTo(expected);
  }

  /** A process may end while it has nothing to do. */
  @Test
  void processThatEndsBetweenRowsIsReplaced() throws Exception {
    PredictFunction function = open("Dies", "exit", "-1");
    predict(function, 1);
    Workers.kill();
    while (!Workers.processes().isEmpty()) {
      Thread.sleep(1);
    }

    assertThat(predict(function, 2)).isEqualTo(2);
  }

  /** A model that cannot work must not restart for ever, and no policy may hide it. */
  @Test
  void tooManyEndsFailTheJobWithAllReasons() throws Exception {
    PredictFunction function =
        open(
            "Dies",
            "exit",
            "1,2,3",
            "process-max-restarts",
            "2",
            "error-handling-strategy",
            "ignore");

    assertThat(function.predict(GenericRowData.of(1.0))).isEmpty();
    assertThat(function.predict(GenericRowData.of(2.0))).isEmpty();
    assertThatThrownBy(() -> function.predict(GenericRowData.of(3.0)))
        .isNotInstanceOf(PythonException.class)
        .hasMessageContaining("its worker process has ended 3 times within 600 s")
        .message()
        .satisfies(
            text ->
                assertThat(text.lines().filter(line -> line.endsWith("ended with exit code 3")))
                    .hasSize(3));
  }

  /** The job ends although Python does not return. */
  @Test
  void cancelledJobEnds() throws Exception {
    JobClient job =
        new SqlSession()
            .csvTable("input_rows", "x DOUBLE", "1", "2")
            .model(
                "sleeper",
                "x DOUBLE",
                "y DOUBLE",
                "worker.Dies",
                "execution-mode",
                "process",
                "properties.way",
                "block",
                "properties.rows",
                "1")
            .submit("SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL sleeper, DESCRIPTOR(x))")
            .getJobClient()
            .orElseThrow();
    while (Thread.getAllStackTraces().keySet().stream()
        .noneMatch(WorkerFailuresTest::isInChannel)) {
      Thread.sleep(1);
    }

    long started = System.nanoTime();
    job.cancel().get();
    while (!job.getJobStatus().get().isGloballyTerminalState()) {
      Thread.sleep(1);
    }

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(CANCELLED_WITHIN);
    assertThat(Workers.processes()).isEmpty();
  }

  /** Nothing else ends code that does not return. */
  @ParameterizedTest
  @CsvSource({"sleep", "block"})
  void rowThatIsTooSlowFails(String way) throws Exception {
    PredictFunction function = open("Dies", way, "2", "predict-timeout", "300 ms");
    predict(function, 1);

    assertThatThrownBy(() -> predict(function, 2))
        .hasMessageContaining(
            "row 2: the worker process did not answer within 300 ms (predict-timeout)");
    assertThat(predict(function, 3)).isEqualTo(3);
  }

  /** Flink interrupts the task, closes the function and waits. */
  @ParameterizedTest
  @CsvSource({"sleep", "block"})
  void cancelledRowEnds(String way) throws Exception {
    PredictFunction function = open("Dies", way, "1");
    FutureTask<Double> row = new FutureTask<>(() -> predict(function, 1));
    Thread task = new Thread(row);
    task.start();
    while (task.getState() != Thread.State.RUNNABLE || !isInChannel(task)) {
      Thread.sleep(1);
    }

    long started = System.nanoTime();
    task.interrupt();
    assertThatThrownBy(row::get).hasMessageContaining("Interrupted while model");
    function.close();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(CANCELLED_WITHIN);
    assertThat(Workers.processes()).isEmpty();
  }

  /** The task's thread only closes, and rows without results are restored by Flink. */
  @ParameterizedTest
  @CsvSource({"sleep", "block"})
  void cancelledBatchEnds(String way) throws Exception {
    AsyncPredictFunction function = openAsync(way, "1");
    List<CompletableFuture<Collection<RowData>>> results = predictAll(function, 100);
    while (Thread.getAllStackTraces().keySet().stream()
        .noneMatch(WorkerFailuresTest::isInChannel)) {
      Thread.sleep(1);
    }

    long started = System.nanoTime();
    function.close();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(CANCELLED_WITHIN);
    assertThat(results).allMatch(result -> result.isDone() && !result.isCompletedExceptionally());
  }

  /** The job must fail at once and say why. */
  @Test
  void processThatEndsInOpenFailsTheJob() {
    assertThatThrownBy(() -> workers.open("DiesInOpen", OUTPUT))
        .isInstanceOf(PythonException.class)
        .hasMessage(
            "model 'catalog.database.model': the worker process was killed by SIGSEGV while it"
                + " opened the model");
  }

  private PredictFunction open(String pythonClass, String way, String rows, String... options)
      throws Exception {
    return workers.open(pythonClass, OUTPUT, withRows(way, rows, options));
  }

  private AsyncPredictFunction openAsync(String way, String rows, String... options)
      throws Exception {
    return workers.openAsync(
        "DiesInBatch", withRows(way, rows, concat(options, "batch-size", "256")));
  }

  private static String[] withRows(String way, String rows, String... options) {
    return concat(options, "properties.way", way, "properties.rows", rows);
  }

  private static String[] concat(String[] options, String... more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  private String once() {
    return directory.resolve("once").toString();
  }

  private static boolean isInChannel(Thread thread) {
    return List.of(thread.getStackTrace()).stream()
        .anyMatch(frame -> frame.getClassName().endsWith(".worker.Channel"));
  }

  private static List<Double> numbersWithout(int missing, int count) {
    return IntStream.range(0, count)
        .filter(x -> x != missing)
        .mapToObj(x -> (double) x)
        .collect(Collectors.toList());
  }
}
