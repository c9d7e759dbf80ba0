// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The option max-batch-bytes: what batches it makes, and how the task waits, without a job. */
@NeedsPython
@Timeout(180)
class BatchBytesTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("data", DataTypes.BYTES()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(
          Column.physical("size", DataTypes.BIGINT()),
          Column.physical("batch", DataTypes.BIGINT()));
  private static final int MEGABYTE = 1 << 20;

  @TempDir private Path directory;

  private final List<CompletableFuture<Collection<RowData>>> results =
      Collections.synchronizedList(new ArrayList<>());
  private AsyncPredictFunction function;

  @AfterEach
  void close() throws Exception {
    release(); // Python may still wait if a test failed
    function.close();
  }

  /** The batch does not wait for more rows, which would not fit. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void batchIsPredictedWhenItsBytesReachTheLimit(String mode) throws Exception {
    open(mode, "batch-timeout", "1 min", "max-batch-bytes", "10 kb");

    predict(3000, 3000, 3000, 3000, 3000, 3000, 3000);

    assertThat(values(results.subList(0, 6), 1)).containsOnly(3L);
    assertThat(results.get(6)).isNotDone();
  }

  /** It must be predicted at some time, and with other rows it needs even more memory. */
  @Test
  void rowAboveTheLimitIsPredictedAlone() throws Exception {
    open("thread", "batch-timeout", "1 min", "max-batch-bytes", "10 kb");

    predict(10, 20, 25, 50_000, 30, 50_000, 50_000);

    assertThat(values(results, 0)).containsExactly(10L, 20L, 25L, 50_000L, 30L, 50_000L, 50_000L);
    assertThat(values(results, 1)).containsExactly(3L, 3L, 3L, 1L, 1L, 1L, 1L);
  }

  /** The rows that wait are written again if a call fails or a process ends. */
  @Test
  void rowsAreWrittenAgainWithinTheirBatch() throws Exception {
    function =
        PredictFunctions.openAsync(
            "batches.FailsAt",
            ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE())),
            ResolvedSchema.of(Column.physical("y", DataTypes.DOUBLE())),
            Map.of(
                "batch-size", "100",
                "batch-timeout", "1 min",
                "max-batch-bytes", "64 bytes",
                "error-handling-strategy", "ignore",
                "properties.rows", "1,2,5,6,13"));
    for (int i = 0; i < 4 * 7 + 1; i++) { // the last one shows that a batch of 7 rows is full
      results.add(function.asyncPredict(GenericRowData.of((double) i)));
    }

    for (int i = 0; i < 4 * 7; i++) {
      boolean isBad = List.of(1, 2, 5, 6, 13).contains(i);
      assertThat(results.get(i).join()).hasSize(isBad ? 0 : 1);
    }
  }

  /** One batch is predicted, and one has no room; more rows would need more memory. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void taskWaitsWhileTwoBatchesAreFull(String mode) throws Exception {
    open(mode, "max-batch-bytes", "4 mb", "properties.file", file().toString());
    FutureTask<Void> task = start(50, MEGABYTE);

    BlockedTask.await();

    // Python has the first row, and 3 rows of 1 MB with their offsets take less than 4 MB.
    assertThat(results).hasSize(1 + 3);

    release();
    task.get();
    assertThat(values(results, 0)).hasSize(50).containsOnly((long) MEGABYTE);
    assertThat(values(results, 1)).allMatch(size -> size <= 3).contains(3L);
  }

  /** Flink interrupts the task's thread if the job is cancelled. */
  @Test
  void waitingTaskCanBeInterrupted() throws Exception {
    open("thread", "max-batch-bytes", "4 mb", "properties.file", file().toString());
    FutureTask<Void> task = start(50, MEGABYTE);

    BlockedTask.await().interrupt();

    assertThatThrownBy(task::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("Interrupted while a batch had no capacity");
  }

  /** With a source of the old interface, another thread adds rows than the one that closes. */
  @Test
  void closeEndsTheWaiting() throws Exception {
    open("thread", "max-batch-bytes", "4 mb", "properties.file", file().toString());
    FutureTask<Void> task = start(50, MEGABYTE);
    BlockedTask.await();

    FutureTask<Void> closing =
        new FutureTask<>(
            () -> {
              function.close();
              return null;
            });
    new Thread(closing).start();

    assertThatThrownBy(task::get).hasMessageContaining("CLOSED"); // the next row
    assertThat(results).hasSize(1 + 3 + 1);
    assertThat(results.get(4).join()).isEmpty();

    release();
    closing.get();
    assertThat(results).allMatch(CompletableFuture::isDone);
  }

  /** Otherwise a few large rows would take memory for the rest of the job. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void memoryOfLargeRowsIsGivenBack(String mode) throws Exception {
    open(mode, "max-batch-bytes", "63 mb", "batch-timeout", "300 ms");
    predict(10, 10);
    values(results, 0);
    long before = OffHeap.bytes();

    for (int burst = 0; burst < 2; burst++) { // malloc may keep more after the first
      predict(Collections.nCopies(62, 2 * MEGABYTE).stream().mapToInt(i -> i).toArray());
      values(results, 0);
      long most = OffHeap.bytes();
      for (int i = 0; i < 4; i++) { // both slots, in turn
        predict(10);
        values(results, 0);
      }

      assertThat(most - before).isGreaterThan(64 * MEGABYTE);
      assertThat(OffHeap.bytes() - before).isLessThan(32 * MEGABYTE);
    }
  }

  /** Opens the function; options are alternating keys and values. */
  private void open(String mode, String... options) throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("execution-mode", mode, "batch-size", "100"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    function = PredictFunctions.openAsync("sizes.Sizes", INPUT, OUTPUT, all);
  }

  private void predict(int... sizes) {
    for (int size : sizes) {
      results.add(function.asyncPredict(GenericRowData.of((Object) new byte[size])));
    }
  }

  /** Predicts a row, and when Python is busy with it more rows on another thread, as a task. */
  private FutureTask<Void> start(int rows, int size) throws InterruptedException {
    predict(size);
    while (!Files.exists(directory.resolve("go.busy"))) {
      Thread.sleep(1);
    }
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              for (int i = 1; i < rows; i++) {
                predict(size);
              }
              return null;
            });
    new Thread(task).start();
    return task;
  }

  private static List<Long> values(
      List<CompletableFuture<Collection<RowData>>> results, int column) {
    return results.stream()
        .flatMap(result -> result.join().stream())
        .map(row -> row.getLong(column))
        .collect(Collectors.toList());
  }

  private Path file() {
    return directory.resolve("go");
  }

  private void release() throws IOException {
    Files.write(file(), new byte[0]);
  }
}
