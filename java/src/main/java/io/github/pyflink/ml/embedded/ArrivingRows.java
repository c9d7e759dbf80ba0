// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.time.Duration;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;

/**
 * The rows that a function which awaits has not started. The task's thread adds them, and wakes the
 * Python thread, which takes them.
 *
 * <p>Every method holds the lock, which is that of this object, and none calls Python but to wake
 * it.
 */
final class ArrivingRows extends RowQueue {

  /** How long rows gather for a batch while others are in flight, even without a batch-timeout. */
  private static final Duration GATHER = Duration.ofMillis(1);

  /** How long the Python thread has to leave the function, before a call is cancelled. */
  private static final Duration LEAVE_LIMIT = Duration.ofMillis(500);

  private static final long NO_LIMIT = -1;

  private final Batching batching;
  private final boolean inBatches;
  private final Runnable wake;

  /** Whether the Python thread waits, or is about to. */
  @GuardedBy("this")
  private boolean waits;

  /** Whether it waits for rows too. */
  @GuardedBy("this")
  private boolean waitsForRows;

  /** Whether the Python thread may be in the function. */
  @GuardedBy("this")
  private boolean runs = true;

  @GuardedBy("this")
  @Nullable
  private Runnable whenDrained;

  /**
   * Creates rows that the Python thread takes until it {@link #leave leaves}.
   *
   * @param inBatches whether rows gather for batches, or start as they arrive
   * @param wake ends a wait of the Python thread
   */
  ArrivingRows(Batch open, Batching batching, boolean inBatches, Runnable wake) {
    super(open);
    this.batching = batching;
    this.inBatches = inBatches;
    this.wake = wake;
  }

  /** See {@link Predictor#drain}. */
  synchronized void drain(Runnable whenDrained) {
    this.whenDrained = whenDrained;
    wakeWaiting();
    if (failure != null) {
      reportDrained();
    }
  }

  /** Runs the callback of {@link #drain} if no row is here. */
  synchronized void reportDrained() {
    if (whenDrained != null && !closed && (open.size() == 0 || failure != null)) {
      whenDrained.run();
      whenDrained = null;
    }
  }

  /**
   * Takes the rows that are due, or returns null.
   *
   * @param empty takes the rows that arrive from now on
   * @param isFlying whether others are in flight
   */
  @Nullable
  synchronized Batch take(Batch empty, boolean isFlying) {
    if (closed || open.size() == 0 || !remaining(isFlying).isZero()) {
      return null;
    }
    Batch taken = open;
    open = empty;
    notifyAll();
    return taken;
  }

  /**
   * Begins a wait of the Python thread, which ends by {@link #endWait}.
   *
   * @param forRows whether the thread can take rows
   * @param isFlying whether the thread has other rows
   * @return how many microseconds it may wait: 0 if there is something to do, negative for no limit
   */
  synchronized long beginWait(boolean forRows, boolean isFlying) {
    if (closed) {
      return 0;
    }
    waits = true;
    waitsForRows = forRows;
    if (!forRows || open.size() == 0) {
      return whenDrained != null && !isFlying ? 0 : NO_LIMIT;
    }
    return (remaining(isFlying).toNanos() + 999) / 1000;
  }

  synchronized void endWait() {
    waits = false;
  }

  /** Writes the rows that are here again, because the process of their memory has ended. */
  synchronized void rewrite() {
    open.rewriteFrom(0);
    notifyAll();
  }

  /**
   * Notes that the Python thread has left the function for ever.
   *
   * @param cause why it failed, and all rows with it; null if it was closed
   */
  synchronized void leave(@Nullable Throwable cause) {
    runs = false;
    if (!closed) {
      failure = cause;
      open.fail(cause);
      reportDrained();
    }
    notifyAll();
  }

  /**
   * Waits until the Python thread has left the function, and completes the rows that are here.
   *
   * @param cancel requests the end of a call that takes long
   * @return false where this was closed before
   */
  synchronized boolean close(Runnable cancel) {
    if (closed) {
      return false;
    }
    closed = true;
    notifyAll();
    wakeWaiting();
    awaitPython(cancel);
    open.abandonFrom(0);
    return true;
  }

  @Override
  @GuardedBy("this")
  void notifyPython() {
    boolean isNews =
        !inBatches || open.isFull() || open.size() == 1 || open.size() >= batching.size;
    if (waitsForRows && isNews) {
      wakeWaiting();
    }
  }

  @GuardedBy("this")
  private void wakeWaiting() {
    if (waits) {
      waits = false;
      wake.run();
    }
  }

  /** Returns how long the rows that are here wait for more. */
  @GuardedBy("this")
  private Duration remaining(boolean isFlying) {
    if (!inBatches || open.isFull() || open.size() >= batching.size || whenDrained != null) {
      return Duration.ZERO;
    }
    Duration timeout =
        isFlying && batching.timeout.compareTo(GATHER) < 0 ? GATHER : batching.timeout;
    if (timeout.isZero()) {
      return Duration.ZERO;
    }
    Duration remaining = timeout.minusNanos(System.nanoTime() - open.since());
    return remaining.isNegative() ? Duration.ZERO : remaining;
  }

  @GuardedBy("this")
  private void awaitPython(Runnable cancel) {
    boolean interrupted = false;
    long begin = System.nanoTime();
    boolean isCancelled = false;
    while (runs) {
      long left = LEAVE_LIMIT.toNanos() - (System.nanoTime() - begin);
      try {
        if (isCancelled) {
          wait();
        } else if (left > 0) {
          wait(left / 1_000_000 + 1);
        } else {
          isCancelled = true;
          cancel.run();
        }
      } catch (InterruptedException e) {
        interrupted = true; // to free what Python uses would crash the JVM
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
