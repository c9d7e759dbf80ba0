// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static io.github.pyflink.ml.embedded.python.TimeLimit.CANCEL_LIMIT;
import static io.github.pyflink.ml.embedded.python.TimeLimit.WATCHDOG;

import java.time.Duration;
import java.util.concurrent.Future;
import javax.annotation.Nullable;

/**
 * Ends the calls of one function in this JVM that take too long, or whose job is cancelled.
 *
 * <p>Native code numbers the calls. Nothing is timed at a call: the same number at two looks is a
 * call that has run at least as long as the time between them.
 */
final class CallWatch implements AutoCloseable {

  /** In place of the number of the first row where rows are not those of one batch. */
  static final long NO_NUMBER = 0;

  private static final Duration LONGEST_INTERVAL = Duration.ofMillis(500);

  private final long handle;
  private final TimeLimit limit;
  private final CallInterrupter interrupter;
  private final Future<?> looks;

  // Written at each call, without synchronization, because that costs more than a call may.
  @Nullable private Thread caller;
  private long rowNumber;
  private int rows;

  /** When the function was cancelled, as {@link System#nanoTime}. */
  @Nullable private volatile Long cancelledSince;

  // Used by the watchdog only.
  private long seen;
  private long seenSince;

  /** Borrows the handle, which must be valid until this is closed. */
  CallWatch(String model, String subtask, long handle, TimeLimit limit) {
    this.handle = handle;
    this.limit = limit;
    this.interrupter = new CallInterrupter(model, subtask, handle);
    WATCHDOG.acquire();
    this.looks = WATCHDOG.repeat(this::look, interval(limit));
  }

  private static Duration interval(TimeLimit limit) {
    Duration interval = limit.interval();
    return !limit.isSet() || interval.compareTo(LONGEST_INTERVAL) > 0 ? LONGEST_INTERVAL : interval;
  }

  /** Notes what the calling thread is about to predict. */
  void begin(long rowNumber, int rows) {
    this.rowNumber = rowNumber;
    this.rows = rows;
    if (caller != Thread.currentThread()) {
      caller = Thread.currentThread();
    }
  }

  /** Ends calls, also later ones, unless they end by themselves soon. Does not wait. */
  void cancel() {
    if (cancelledSince == null) {
      cancelledSince = System.nanoTime();
    }
  }

  /** Returns whether the function is cancelled, or the thread that calls it interrupted. */
  boolean isCancelled() {
    Thread thread = caller;
    return cancelledSince != null || (thread != null && thread.isInterrupted());
  }

  @Override
  public void close() {
    looks.cancel(false);
    WATCHDOG.release();
    interrupter.close();
  }

  /** Runs on the watchdog. */
  private void look() {
    long call = interrupter.callInProgress();
    long now = System.nanoTime();
    if (call != seen) {
      seen = call;
      seenSince = now;
    }
    if (isCancelled()) {
      cancel();
    }
    Long cancelled = cancelledSince;
    boolean isCancelled = cancelled != null && now - cancelled > CANCEL_LIMIT.toNanos();
    if (call == CallInterrupter.NONE) {
      if (isCancelled) {
        interrupter.wake(); // a coroutine may wait, which is not a call in progress
      }
      return;
    }
    if (isCancelled) {
      interrupter.interrupt(
          call, "its job was cancelled", describeRows() + ": the job is cancelled", true);
    } else if (limit.isExceededBy(now - seenSince)) {
      interrupter.interrupt(
          call,
          "it did not return within " + limit + ": make it faster, or raise 'predict-timeout'",
          describeRows() + ": 'predict-timeout' is " + limit,
          false);
    }
  }

  private String describeRows() {
    if (rowNumber == NO_NUMBER) {
      return rows + " rows in flight";
    }
    return rows == 1 ? "row " + rowNumber : "rows " + rowNumber + " to " + (rowNumber + rows - 1);
  }
}
