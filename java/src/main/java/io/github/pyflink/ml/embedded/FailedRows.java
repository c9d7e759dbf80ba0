// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.List;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handles the failed rows of one subtask. For any thread. */
final class FailedRows {

  private static final Logger LOG = LoggerFactory.getLogger(FailedRows.class);

  private final ErrorHandling handling;
  private final PredictMetrics metrics;

  FailedRows(ErrorHandling handling, PredictMetrics metrics) {
    this.handling = handling;
    this.metrics = metrics;
  }

  /**
   * Returns the results of a row that has failed.
   *
   * @throws RuntimeException the failure itself, where it fails the job
   */
  List<RowData> replace(RuntimeException failure) {
    metrics.failed(failure);
    if (handling.strategy == ErrorHandlingStrategy.FAILOVER) {
      throw failure;
    }
    LOG.warn("A row is dropped: {}", failure.getMessage());
    return List.of();
  }
}
