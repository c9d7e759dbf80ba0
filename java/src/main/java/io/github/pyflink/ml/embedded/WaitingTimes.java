// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_CONCURRENT_OPERATIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_MAX_CONCURRENT_OPERATIONS;

import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns where rows in flight wait for so long that Flink fails the job.
 *
 * <p>Flink's time for a row begins when it takes the row. If it takes many, the last one waits for
 * all others, and the job fails, restarts, and fails again. For one thread at a time.
 */
final class WaitingTimes {

  private static final Logger LOG = LoggerFactory.getLogger(WaitingTimes.class);

  /** The first call of a model may load libraries for a few rows. */
  private static final int MIN_CALLS = 2;

  private static final double NANOS = 1e9;

  private final String model;
  private final InFlight limit;
  private final int batchSize;

  private int calls;
  private double fastestRow = Double.POSITIVE_INFINITY;
  private boolean hasWarned;

  /**
   * Creates an observer, which may warn at once.
   *
   * @param sampleRow how long the sample row of the option warm-up took, or 0
   */
  WaitingTimes(String model, InFlight limit, int batchSize, Duration sampleRow) {
    this.model = model;
    this.limit = limit;
    this.batchSize = batchSize;
    if (!sampleRow.isZero()) {
      hasWarned = warnIfTooLong(sampleRow.toNanos() / NANOS);
    }
  }

  /** Notes what a call took, and warns if it says enough. */
  void observe(int rows, long nanos) {
    fastestRow = Math.min(fastestRow, nanos / NANOS / rows);
    calls++;
    if (calls >= MIN_CALLS || rows >= batchSize) {
      warn();
    }
  }

  /** Notes what a call has taken that was ended. */
  void observeUnfinished(int rows, long nanos) {
    if (calls == 0) {
      fastestRow = nanos / NANOS / rows;
    }
  }

  /** Warns by what is known when the function is closed, which may be because of the limit. */
  void close() {
    if (fastestRow < Double.POSITIVE_INFINITY) {
      warn();
    }
  }

  private void warn() {
    if (!hasWarned) {
      hasWarned = warnIfTooLong(fastestRow);
    }
  }

  private boolean warnIfTooLong(double row) {
    double timeout = limit.timeout.toNanos() / NANOS;
    double longest = limit.rows * row;
    if (timeout == 0 || longest <= timeout) { // 0 means no limit
      return false;
    }
    LOG.warn(
        String.format(
            Locale.ROOT,
            "Model '%s': a row takes %.3g s, so the last of %d rows in flight may wait %.0f s, but"
                + " Flink fails the job when a row waits longer than %.3g s. Set '%s' to %d or less"
                + " in the CONFIG of ML_PREDICT, or '%s' to '%.0f s' or more (or '%s' and '%s' for"
                + " all queries).",
            model,
            row,
            limit.rows,
            longest,
            timeout,
            MAX_CONCURRENT_OPERATIONS.key(),
            Math.max(1, (int) (timeout / row / 2)),
            ASYNC_TIMEOUT.key(),
            Math.ceil(2 * longest),
            TABLE_MAX_CONCURRENT_OPERATIONS.key(),
            TABLE_ASYNC_TIMEOUT.key()));
    return true;
  }
}
