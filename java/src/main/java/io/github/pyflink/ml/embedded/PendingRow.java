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

  /** The value of {@link #since} for a row whose times are not measured. */
  static final long NOT_MEASURED = 0;

  /** One of these rows is measured, and the first one of each batch. */
  private static final int MEASURED_ROWS = 16;

  /** Counted from 1 in this subtask. */
  final long number;

  private long since = NOT_MEASURED;

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

  /**
   * Notes that the row was written to a batch, for the first time or again.
   *
   * @param isFirst whether it is the first one of the batch
   */
  void written(boolean isFirst) {
    if (since == NOT_MEASURED && (isFirst || number % MEASURED_ROWS == 0)) {
      since = System.nanoTime();
    }
  }

  /** Returns when the row was written first, as {@link System#nanoTime}. */
  long since() {
    return since;
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
