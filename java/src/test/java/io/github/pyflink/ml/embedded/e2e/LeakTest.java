// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.Test;

/** A TaskManager runs for months, so no row and no job may leak anything. */
@NeedsPython
class LeakTest {

  private static final int ROWS = 1_000_000;
  private static final int FAILURES = 2_000;
  private static final int OPENS = 100;
  private static final int BATCHED_ROWS = 1000;

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(
          Column.physical("x", DataTypes.DOUBLE()), Column.physical("s", DataTypes.STRING()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(
          Column.physical("y", DataTypes.DOUBLE()),
          Column.physical("t", DataTypes.STRING()),
          Column.physical("shared", DataTypes.DOUBLE()));

  /** A row, its values, the result and its values are references that must be dropped. */
  @Test
  void rowsLeaveNothingBehind() throws Exception {
    PredictFunction function = open();
    ResourceCounters.assertLeavesNothingBehind(() -> predict(function, ROWS));
    function.close();
  }

  /** References are most often forgotten on error paths. */
  @Test
  void failedRowsLeaveNothingBehind() throws Exception {
    PredictFunction function = open();
    ResourceCounters.assertLeavesNothingBehind(() -> predictFailing(function, FAILURES));
    function.close();
  }

  /** Each open allocates 8 MB of weights, columns and the modules of its directory. */
  @Test
  void opensLeaveNothingBehind() throws Exception {
    ResourceCounters.assertLeavesNothingBehind(() -> openAndClose(OPENS));
  }

  /** Batches are exported to Python, and memory that Python has kept is replaced. */
  @Test
  void batchesLeaveNothingBehind() throws Exception {
    AsyncPredictFunction function = openAsync();
    ResourceCounters.assertLeavesNothingBehind(() -> predictBatches(function, ROWS));
    function.close();
  }

  /** A failed batch is predicted again in parts, from memory that is written again. */
  @Test
  void failedBatchesLeaveNothingBehind() throws Exception {
    AsyncPredictFunction function = openAsync();
    ResourceCounters.assertLeavesNothingBehind(() -> predictFailingBatches(function, FAILURES));
    function.close();
  }

  /** Each open starts a thread with a Python thread state, and each close ends it. */
  @Test
  void opensForBatchesLeaveNothingBehind() throws Exception {
    ResourceCounters.assertLeavesNothingBehind(() -> openAndCloseAsync(OPENS));
  }

  /** Each task of each job runs on a new thread, which gets a Python thread state. */
  @Test
  void threadsLeaveNothingBehind() throws Exception {
    ResourceCounters.assertLeavesNothingBehind(() -> openAndCloseOnNewThreads(OPENS));
  }

  private static PredictFunction open() throws Exception {
    return PredictFunctions.open("resources.Weights", INPUT, OUTPUT);
  }

  private static void predict(PredictFunction function, int rows) {
    GenericRowData row = new GenericRowData(INPUT.getColumnCount());
    for (int i = 0; i < rows; i++) {
      row.setField(0, i + 0.5);
      row.setField(1, StringData.fromString("row " + i));
      function.predict(row);
    }
  }

  private static void predictFailing(PredictFunction function, int rows) {
    for (int i = 0; i < rows; i++) {
      GenericRowData row = GenericRowData.of(i + 0.5, StringData.fromString("fail"));
      assertThatThrownBy(() -> function.predict(row)).hasMessageContaining("ValueError");
    }
  }

  private static AsyncPredictFunction openAsync() throws Exception {
    return PredictFunctions.openAsync(
        "resources.BatchWeights", INPUT, OUTPUT, Map.of("batch-size", "256"));
  }

  private static void predictBatches(AsyncPredictFunction function, int rows) throws Exception {
    List<CompletableFuture<?>> pending = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      pending.add(
          function.asyncPredict(GenericRowData.of(i + 0.5, StringData.fromString("row " + i))));
      if (pending.size() == BATCHED_ROWS) {
        CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new)).get();
        pending.clear();
      }
    }
  }

  private static void predictFailingBatches(AsyncPredictFunction function, int rows) {
    for (int i = 0; i < rows; i++) {
      CompletableFuture<?> good =
          function.asyncPredict(GenericRowData.of(i + 0.5, StringData.fromString("good")));
      CompletableFuture<?> bad =
          function.asyncPredict(GenericRowData.of(i + 0.5, StringData.fromString("fail")));
      assertThatThrownBy(bad::join).hasMessageContaining("ValueError");
      good.join();
    }
  }

  private static void openAndCloseAsync(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      AsyncPredictFunction function = openAsync();
      predictBatches(function, 1);
      function.close();
    }
  }

  private static void openAndClose(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      PredictFunction function = open();
      predict(function, 1);
      function.close();
    }
  }

  private static void openAndCloseOnNewThreads(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      FutureTask<Void> task =
          new FutureTask<>(
              () -> {
                openAndClose(1);
                return null;
              });
      Thread thread = new Thread(task);
      thread.start();
      task.get();
      thread.join();
    }
  }
}
