// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The most rows of one call: the batch size, or less while memory is short. For one thread at a
 * time.
 *
 * <p>A call for which memory is not enough halves it. Each minute without such a call doubles it.
 */
final class BatchLimit {

  /** Also among the names of torch's errors of this kind. */
  private static final String MEMORY_ERROR = "MemoryError";

  private static final Logger LOG = LoggerFactory.getLogger(BatchLimit.class);
  static final Duration KEPT = Duration.ofMinutes(1);

  private final String model;
  private final int size;
  private final LongSupplier clock;

  private int limit;
  private long since;

  /**
   * Creates the limit of a function.
   *
   * @param clock as {@link System#nanoTime}
   */
  BatchLimit(String model, int size, LongSupplier clock) {
    this.model = model;
    this.size = size;
    this.clock = clock;
    this.limit = size;
  }

  /** Returns whether a call has failed because memory was not enough. */
  static boolean isExceededIn(PythonException failure) {
    return failure.classNames().contains(MEMORY_ERROR);
  }

  int rows() {
    if (limit < size && clock.getAsLong() - since >= KEPT.toNanos()) {
      limit = (int) Math.min(size, 2L * limit);
      since = clock.getAsLong();
      LOG.info("model '{}': batches of up to {} rows are tried again", model, limit);
    }
    return limit;
  }

  /**
   * Notes that the memory was not enough for a call of more than one row.
   *
   * @param error the class of the exception
   */
  void exceeded(int rows, String error) {
    limit = rows / 2;
    since = clock.getAsLong();
    LOG.warn(
        "model '{}': memory is not enough for a batch of {} rows ({}). Batches have at most {} rows"
            + " for the next {} s. Set a smaller 'batch-size' if this happens again.",
        model,
        rows,
        error,
        limit,
        KEPT.toSeconds());
  }
}
