// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import org.apache.flink.metrics.Histogram;

/** The histograms of the batches of one subtask. For any thread. */
final class BatchHistograms {

  private final Histogram sizes;
  private final Histogram waiting;
  private final Histogram latency;

  BatchHistograms(PredictMetrics metrics) {
    this.sizes = metrics.batchSizes();
    this.waiting = metrics.waiting();
    this.latency = metrics.latency();
  }

  /** Adds a call of this number of rows, which has not ended its process. */
  void called(int rows) {
    sizes.update(rows);
  }

  /**
   * Adds the times of a row that has its results now, if it is one of those that are measured.
   *
   * @param called when the call began, as {@link System#nanoTime}
   */
  void completed(PendingRow row, long called) {
    if (row.since() != PendingRow.NOT_MEASURED) {
      waiting.update(Math.max(0, called - row.since()));
      latency.update(System.nanoTime() - row.since());
    }
  }
}
