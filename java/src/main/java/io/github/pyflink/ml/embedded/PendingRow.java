// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** A row that waits for its results. */
final class PendingRow extends CompletableFuture<Collection<RowData>> {

  final GenericRowData data;

  /** Counted from 1 in this subtask. */
  final long number;

  /** How often the row has been predicted. Used by the thread that predicts. */
  private int tries;

  PendingRow(GenericRowData data, long number) {
    this.data = data;
    this.number = number;
  }

  /** Counts a try, and returns the number of all tries. */
  int countTry() {
    return ++tries;
  }

  /** Fails the row, and hides its values, because Flink prints them. */
  void fail(Throwable cause) {
    PredictedRows.hideValues(data);
    completeExceptionally(cause);
  }

  /**
   * Completes a row that is not predicted, because the function is closed while the job fails or is
   * cancelled. Flink predicts the row again when it restores the job. An exception here would
   * become the job's failure and hide its true cause.
   */
  void abandon() {
    complete(List.of());
  }
}
