// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_WINDOW;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_ERROR_RATIO;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.flink.util.TimeUtils;

/**
 * Fails a job in which too many rows fail. For one thread at a time.
 *
 * <p>A window begins with a failed row, so rows that succeed need no clock. The rows are those of
 * the counters of the metrics.
 */
final class ErrorRate {

  /** In a window with fewer rows, a few rows that fail together would fail the job. */
  static final int MIN_ROWS = 100;

  private final String model;
  private final double maxRatio;
  private final Duration window;
  private final LongSupplier succeeded;
  private final LongSupplier clock;

  private boolean isOpen;
  private long since;
  private long succeededBefore;
  private long failed;

  /**
   * Creates the rate of one subtask.
   *
   * @param succeeded returns how many rows have succeeded
   * @param clock as {@link System#nanoTime}
   */
  ErrorRate(
      String model, double maxRatio, Duration window, LongSupplier succeeded, LongSupplier clock) {
    this.model = model;
    this.maxRatio = maxRatio;
    this.window = window;
    this.succeeded = succeeded;
    this.clock = clock;
  }

  /**
   * Counts a row that has failed.
   *
   * @throws IllegalStateException if more rows have failed than the option allows
   */
  void failed(RuntimeException failure) {
    long now = clock.getAsLong();
    if (!isOpen || now - since >= window.toNanos()) {
      isOpen = true;
      since = now;
      succeededBefore = succeeded.getAsLong();
      failed = 0;
    }
    failed++;
    long rows = failed + succeeded.getAsLong() - succeededBefore;
    if (rows >= MIN_ROWS && failed > maxRatio * rows) {
      throw new IllegalStateException(
          String.format(
              "model '%s': %d of %d rows have failed within %s, which is a ratio of %.3f; '%s' is"
                  + " %s and '%s' is %s. Correct the model or the rows, or raise '%s'. The last"
                  + " error: %s",
              model,
              failed,
              rows,
              TimeUtils.formatWithHighestUnit(Duration.ofMillis((now - since) / 1_000_000)),
              (double) failed / rows,
              MAX_ERROR_RATIO.key(),
              maxRatio,
              ERROR_WINDOW.key(),
              TimeUtils.formatWithHighestUnit(window),
              MAX_ERROR_RATIO.key(),
              failure.getMessage()));
    }
  }
}
