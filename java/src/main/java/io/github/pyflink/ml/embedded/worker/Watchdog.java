// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static io.github.pyflink.ml.embedded.python.TimeLimit.CANCEL_LIMIT;
import static io.github.pyflink.ml.embedded.python.TimeLimit.WATCHDOG;

import io.github.pyflink.ml.embedded.python.TimeLimit;
import java.util.concurrent.Future;
import javax.annotation.Nullable;

/** Ends the calls of one function that take too long, by killing its worker. */
final class Watchdog implements AutoCloseable {

  /** Why a process is killed then. */
  static final String CANCELLED =
      "did not answer within " + CANCEL_LIMIT.toSeconds() + " s after a cancellation";

  private static final long IDLE = 0;

  private final WorkerPlace place;
  private final TimeLimit limit;
  private final Runnable timedOut;
  @Nullable private final Future<?> looks;

  /** When a call began, as {@link System#nanoTime}, or {@link #IDLE}. */
  private volatile long predictsSince = IDLE;

  /** When a call, or the opening of a function after the end of a process, began. */
  private volatile long busySince = IDLE;

  private volatile boolean isExceeded;

  /** The call that has taken too long last. Used by the thread only. */
  private long lateSince = IDLE;

  /**
   * Begins to look after a function.
   *
   * @param timedOut is called once for a call that takes too long
   */
  Watchdog(WorkerPlace place, Runnable timedOut) {
    this.place = place;
    this.timedOut = timedOut;
    this.limit = place.model().options.limit;
    WATCHDOG.acquire();
    this.looks = limit.isSet() ? WATCHDOG.repeat(this::look, limit.interval()) : null;
  }

  /** Notes that the worker begins to predict. */
  void begin() {
    isExceeded = false;
    predictsSince = now();
  }

  void end() {
    predictsSince = IDLE;
  }

  /** Returns whether the worker was killed because its last call took too long. */
  boolean isExceeded() {
    return isExceeded;
  }

  /** Notes that a thread may wait for the worker from now on. */
  void setBusy(boolean isBusy) {
    busySince = isBusy ? now() : IDLE;
  }

  /** Ends what the worker does now, unless it ends by itself soon. */
  void cancel() {
    long since = busySince;
    if (since != IDLE) {
      WATCHDOG.schedule(
          () -> {
            if (busySince == since) {
              place.kill(CANCELLED);
            }
          },
          CANCEL_LIMIT);
    }
  }

  @Override
  public void close() {
    if (looks != null) {
      looks.cancel(false);
    }
    WATCHDOG.release();
  }

  private void look() {
    long since = predictsSince;
    if (since != IDLE && limit.isExceededBy(System.nanoTime() - since) && since == predictsSince) {
      isExceeded = true;
      place.kill("did not answer within " + limit + " (predict-timeout)");
      if (lateSince != since) {
        lateSince = since;
        timedOut.run();
      }
    }
  }

  private static long now() {
    long now = System.nanoTime();
    return now == IDLE ? 1 : now;
  }
}
