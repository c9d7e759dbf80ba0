// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A new version of a model takes over between rows, or does no harm; tested without a job. */
@NeedsPython
@Timeout(120)
class ReloadTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(
          Column.physical("version", DataTypes.BIGINT()),
          Column.physical("subtask", DataTypes.BIGINT()));
  private static final int RELOADS = 40;

  @TempDir private Path directory;

  private final Map<String, Counter> counters = new HashMap<>();
  private final MetricGroup metrics =
      new UnregisteredMetricsGroup() {
        @Override
        public MetricGroup addGroup(String key, String value) {
          return this;
        }

        @Override
        public <C extends Counter> C counter(String name, C counter) {
          counters.put(name, counter);
          return counter;
        }
      };

  private final List<AutoCloseable> open = new ArrayList<>();

  private VersionedModel model;
  private LogCapture log;

  @BeforeEach
  void makeModel() throws Exception {
    model = new VersionedModel(directory);
    log = new LogCapture();
  }

  @AfterEach
  @Timeout(120)
  void everyVersionIsClosedAndNoThreadIsLeft() throws Exception {
    log.close();
    model.releaseAll(); // Python may still wait if a test failed
    for (AutoCloseable function : open) {
      function.close();
    }
    while (reloadThreads() > 0) {
      Thread.sleep(1);
    }
    assertThat(versions("close")).containsExactlyInAnyOrderElementsOf(versions("open"));
  }

  /** A job gets a new version of its model without a restart. */
  @Test
  void rowsAreAnsweredByTheNewVersion() throws Exception {
    PredictFunction function = open();
    assertThat(version(function)).isEqualTo(1);

    model.put(2);

    awaitVersion(function, 2);
    model.await("close 1");
    assertThat(counters.get("model_reloads").getCount()).isEqualTo(1);
    assertThat(counters.get("model_reloads_failed").getCount()).isZero();
    assertThat(log.text()).containsOnlyOnce("has taken over from version");
  }

  /** Loading a version must not hold up rows. */
  @Test
  void oldVersionAnswersWhileTheNewOneIsOpened() throws Exception {
    PredictFunction function = open();
    model.hold("open 2");
    model.put(2);
    model.await("open 2");

    assertThat(version(function)).isEqualTo(1);

    model.release("open 2");
    awaitVersion(function, 2);
  }

  /** A version that never predicted a row is closed too. */
  @Test
  void newestVersionTakesOverIfNoRowCameBetween() throws Exception {
    PredictFunction function = open();
    model.put(2);
    model.await("open 2");
    model.put(3);
    model.await("close 2");

    assertThat(version(function)).isEqualTo(3);
  }

  /** Messages count the rows of the subtask, whichever version predicts them. */
  @Test
  void rowNumbersContinueAcrossVersions() throws Exception {
    PredictFunction function = open();
    version(function);
    model.put(2);
    long rows = 1 + awaitVersion(function, 2);

    assertThatThrownBy(() -> predict(function, -1))
        .hasMessageContaining("row " + (rows + 1) + ": predict failed");
  }

  /** A mistake in a new version must not end a running job, and the next good version is used. */
  @Test
  void brokenVersionsAreLoggedOnceAndTheOldOneStays() throws Exception {
    PredictFunction function = open();

    model.putBroken("not a number");
    awaitLog("invalid literal for int()");
    assertThat(version(function)).isEqualTo(1);
    model.breakModule();
    awaitLog("SyntaxError");
    assertThat(version(function)).isEqualTo(1);
    model.put(2);
    awaitFailures(3);
    model.mend();

    awaitVersion(function, 2);
    assertThat(log.text().split("is broken, version")).hasSize(1 + 3);
  }

  /** The version that returns is already open. */
  @Test
  void revertedBrokenVersionKeepsTheOldOneOpen() throws Exception {
    PredictFunction function = open();
    model.takeAway();
    awaitFailures(1);
    model.bringBack();
    model.hide();
    awaitLog("cannot look for a new version");
    model.unhide();
    model.put(2);
    awaitVersion(function, 2);

    assertThat(versions("open")).containsExactly("1", "2");
  }

  /** A file system may be unreachable for a while. */
  @Test
  void versionThatCannotBeFetchedIsTriedAgain() throws Exception {
    PredictFunction function = open();
    model.hide();
    awaitFailures(3);
    assertThat(version(function)).isEqualTo(1);
    model.unhide();
    model.put(2);

    awaitVersion(function, 2);
    assertThat(log.text()).containsOnlyOnce("cannot look for a new version");
  }

  /** A job may end at any moment, and the version must not be leaked. */
  @Test
  void closeWaitsForTheVersionThatIsBeingOpened() throws Exception {
    PredictFunction function = open();
    model.hold("open 2");
    model.put(2);
    model.await("open 2");

    Thread closing = closeOnAnotherThread(function::close);
    model.release("open 2");

    closing.join();
    assertThat(versions("close")).containsExactlyInAnyOrder("1", "2");
  }

  /** No row may follow that would swap the version in. */
  @Test
  void closeClosesAVersionThatNoRowHasTaken() throws Exception {
    PredictFunction function = open();
    model.put(2);
    model.await("open 2");

    function.close();

    assertThat(versions("close")).containsExactlyInAnyOrder("1", "2");
  }

  /** A batch is predicted by one version. */
  @Test
  void rowsInFlightAreAnsweredByTheOldVersion() throws Exception {
    AsyncPredictFunction function = openAsync(Map.of("batch-size", "10"));
    model.hold("predict 1");
    List<CompletableFuture<Collection<RowData>>> before = predictAll(function, 1);
    model.await("predict 1");
    before.addAll(predictAll(function, 25)); // gather while Python is busy
    model.put(2);
    awaitReadyVersion("2");
    List<CompletableFuture<Collection<RowData>>> after = predictAll(function, 25);
    model.release("predict 1");

    assertThat(versions(before)).hasSize(26).containsOnly(1L);
    assertThat(versions(after)).hasSize(25).containsOnly(2L);
    model.await("close 1");
  }

  /** No more rows come to the old version, so its batch would wait for the whole timeout. */
  @Test
  void oldVersionDoesNotWaitToFillItsLastBatch() throws Exception {
    AsyncPredictFunction function = openAsync(Map.of("batch-size", "10", "batch-timeout", "1 h"));
    List<CompletableFuture<Collection<RowData>>> before = predictAll(function, 3);
    model.put(2);
    awaitReadyVersion("2");
    predictAll(function, 1);

    assertThat(versions(before)).containsExactly(1L, 1L, 1L);
    model.await("close 1");
  }

  /** Messages of the batch path count rows as those of the row path do. */
  @Test
  void rowNumbersOfBatchesContinueAcrossVersions() throws Exception {
    AsyncPredictFunction function = openAsync(Map.of("batch-size", "10"));
    versions(predictAll(function, 7));
    model.put(2);
    awaitReadyVersion("2");

    CompletableFuture<?> failing = function.asyncPredict(GenericRowData.of(-1.0));

    assertThatThrownBy(failing::join).hasMessageContaining("row 8: predict_batch failed");
  }

  /** Flink waits for each future, and restores the rows. */
  @Test
  void closeCompletesTheRowsOfAVersionThatDrains() throws Exception {
    AsyncPredictFunction function = openAsync(Map.of("batch-size", "10"));
    model.hold("predict 1");
    List<CompletableFuture<Collection<RowData>>> rows = predictAll(function, 1);
    model.await("predict 1");
    rows.addAll(predictAll(function, 25));
    model.put(2);
    awaitReadyVersion("2");
    rows.addAll(predictAll(function, 25));

    Thread closing = closeOnAnotherThread(function::close);
    model.release("predict 1");
    closing.join();

    assertThat(rows).allMatch(CompletableFuture::isDone);
    assertThat(versions(rows.subList(0, 1))).containsExactly(1L);
    assertThat(rows).allSatisfy(row -> assertThat(row.join()).isNotNull());
    assertThat(versions("close")).containsExactlyInAnyOrder("1", "2");
  }

  /** One thread checks and loads for all subtasks, and ends with the last of them. */
  @Test
  void subtasksShareAReloadThread() throws Exception {
    PredictFunction first = open();
    PredictFunction second = open();

    assertThat(reloadThreads()).isEqualTo(1);

    first.close();
    model.put(2);
    awaitVersion(second, 2);
    second.close();
  }

  /** A TaskManager reloads versions for months. */
  @Test
  @Timeout(300)
  void reloadsLeaveNothingBehind() throws Exception {
    ResourceCounters.assertLeavesNothingBehind(this::reloadOften);
  }

  private void reloadOften() throws Exception {
    PredictFunction function = open();
    AsyncPredictFunction batches = openAsync(Map.of("batch-size", "10"));
    for (int i = 0; i < RELOADS; i++) {
      int version = i % 2 == 0 ? 2 : 1;
      model.put(version);
      awaitVersion(function, version);
      while (!versions(predictAll(batches, 1)).equals(List.of((long) version))) {
        Thread.sleep(1);
      }
    }
    batches.close();
    function.close();
  }

  private PredictFunction open() throws Exception {
    PredictFunction function =
        PredictFunctions.open("versions.Rows", INPUT, OUTPUT, model.options(), metrics);
    open.add(function::close);
    return function;
  }

  private AsyncPredictFunction openAsync(Map<String, String> options) throws Exception {
    Map<String, String> all = new HashMap<>(model.options());
    all.putAll(options);
    AsyncPredictFunction function =
        PredictFunctions.openAsync("versions.Batches", INPUT, OUTPUT, all, metrics);
    open.add(function::close);
    return function;
  }

  private static Collection<RowData> predict(PredictFunction function, double x) {
    return function.predict(GenericRowData.of(x));
  }

  private static long version(PredictFunction function) {
    return predict(function, 0).iterator().next().getLong(0);
  }

  /** Predicts rows until one is answered by the version, and returns their number. */
  private static long awaitVersion(PredictFunction function, long version)
      throws InterruptedException {
    long rows = 1;
    while (version(function) != version) {
      rows++;
      Thread.sleep(1);
    }
    return rows;
  }

  /** Waits until a version is open and ready for the next row. */
  private void awaitReadyVersion(String version) throws Exception {
    model.await("open " + version);
    // Once the thread is idle again, the next row takes the version.
    while (Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> isReloadThread(entry.getKey()))
        .flatMap(entry -> Arrays.stream(entry.getValue()))
        .anyMatch(frame -> frame.getClassName().startsWith("io.github.pyflink.ml.embedded."))) {
      Thread.sleep(1);
    }
  }

  private void awaitLog(String text) throws InterruptedException {
    while (!log.text().contains(text)) {
      Thread.sleep(1);
    }
  }

  private void awaitFailures(int count) throws InterruptedException {
    while (counters.get("model_reloads_failed").getCount() < count) {
      Thread.sleep(1);
    }
  }

  private static List<CompletableFuture<Collection<RowData>>> predictAll(
      AsyncPredictFunction function, int rows) {
    List<CompletableFuture<Collection<RowData>>> results = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      results.add(function.asyncPredict(GenericRowData.of((double) i)));
    }
    return results;
  }

  private static List<Long> versions(List<CompletableFuture<Collection<RowData>>> results) {
    return results.stream()
        .flatMap(result -> result.join().stream())
        .map(row -> row.getLong(0))
        .collect(Collectors.toList());
  }

  /** Returns the versions that were opened, or closed. */
  private List<String> versions(String step) throws Exception {
    return model.steps().stream()
        .filter(line -> line.startsWith(step + " "))
        .map(line -> line.substring(step.length() + 1))
        .collect(Collectors.toList());
  }

  /** Starts to close, and returns when the thread waits for Python. */
  private static Thread closeOnAnotherThread(AutoCloseable function) throws InterruptedException {
    Thread thread =
        new Thread(
            () -> {
              try {
                function.close();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.isAlive()).as("close waits").isTrue();
      Thread.sleep(1);
    }
    return thread;
  }

  private static long reloadThreads() {
    return Thread.getAllStackTraces().keySet().stream().filter(ReloadTest::isReloadThread).count();
  }

  private static boolean isReloadThread(Thread thread) {
    return thread.getName().equals("catalog.database.model reload");
  }
}
