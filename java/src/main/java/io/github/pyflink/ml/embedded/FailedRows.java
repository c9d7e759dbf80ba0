// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.time.Duration;
import java.util.List;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Decides what becomes of the failed rows of one subtask. For any thread. */
final class FailedRows {

  private final ErrorHandling handling;
  private final PredictMetrics metrics;

  @GuardedBy("this")
  private final ErrorLog log;

  @GuardedBy("this")
  @Nullable
  private final ErrorRate rate;

  FailedRows(String model, ErrorHandling handling, PredictMetrics metrics) {
    this.handling = handling;
    this.metrics = metrics;
    this.log = new ErrorLog(model, System::nanoTime);
    this.rate = handling.newRate(model, metrics);
  }

  /**
   * Returns how long a row waits before it is predicted again, or null where it is not.
   *
   * @param tries how often the row has been predicted
   */
  @Nullable
  Duration retryAfter(int tries, RuntimeException failure) {
    if (handling.retry == null || !handling.retry.allows(tries, failure)) {
      return null;
    }
    metrics.retried();
    synchronized (this) {
      log.warn("A row is predicted again", failure);
    }
    return handling.retry.backoff(tries);
  }

  /**
   * Returns the results of a row that has failed.
   *
   * @param number of the row, counted from 1 in this subtask
   * @throws RuntimeException the failure itself, or that too many rows have failed, where it fails
   *     the job
   */
  synchronized List<RowData> replace(long number, RuntimeException failure) {
    metrics.failed(failure);
    if (handling.strategy == ErrorHandlingStrategy.FAILOVER) {
      throw failure;
    }
    if (rate != null) {
      rate.failed(failure);
    }
    boolean isDefault = handling.strategy == ErrorHandlingStrategy.DEFAULT;
    boolean isKept = isDefault || handling.output().hasErrorColumns();
    log.warn(
        isDefault
            ? "A row gets the default value"
            : isKept ? "A row is kept with its error" : "A row is dropped",
        failure);
    GenericRowData values = isDefault ? handling.defaultValue.row() : null;
    if (!isKept) {
      return List.of();
    }
    metrics.replaced();
    return List.of(handling.output().row(values, number, failure));
  }

  /** Completes a row that has failed with what replaces its results, or fails it. */
  void resolve(PendingRow row, RuntimeException failure) {
    List<RowData> replacement;
    try {
      replacement = replace(row.number, failure);
    } catch (RuntimeException fatal) {
      row.fail(fatal);
      return;
    }
    row.complete(replacement);
  }

  /** Logs what was only counted until now. */
  synchronized void close() {
    log.close();
  }
}
