// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.SharedThread;
import java.time.Duration;
import java.util.concurrent.Future;
import javax.annotation.Nullable;

/**
 * Ends the calls of one function that take too long, by killing its worker. One thread looks after
 * all functions.
 */
final class Watchdog implements AutoCloseable {

  /** How long a call may take when its function is about to be closed. */
  static final Duration CANCEL_LIMIT = Duration.ofSeconds(1);

  /** Why a process is killed then. */
  static final String CANCELLED =
      "did not answer within " + CANCEL_LIMIT.toSeconds() + " s after a cancellation";

  private static final SharedThread THREAD = new SharedThread("pyflink-ml-embedded-watchdog");

  private static final int LOOKS_PER_TIMEOUT = 20;
  private static final long IDLE = 0;

  private final WorkerPlace place;
  private final Duration timeout;
  private final Runnable timedOut;
  @Nullable private final Future<?> looks;

  /** When a call began, as {@link System#nanoTime}, or {@link #IDLE}. */
  private volatile long predictsSince = IDLE;

  /** When a call, or the opening of a function after the end of a process, began. */
  private volatile long busySince = IDLE;

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
    this.timeout = place.model().options.predictTimeout;
    THREAD.acquire();
    this.looks =
        timeout.isZero() ? null : THREAD.repeat(this::look, timeout.dividedBy(LOOKS_PER_TIMEOUT));
  }

  /** Notes that the worker begins to predict. */
  void begin() {
    predictsSince = now();
  }

  void end() {
    predictsSince = IDLE;
  }

  /** Notes that a thread may wait for the worker from now on. */
  void setBusy(boolean isBusy) {
    busySince = isBusy ? now() : IDLE;
  }

  /** Ends what the worker does now, unless it ends by itself soon. */
  void cancel() {
    long since = busySince;
    if (since != IDLE) {
      THREAD.schedule(
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
    THREAD.release();
  }

  private void look() {
    long since = predictsSince;
    if (since != IDLE && System.nanoTime() - since > timeout.toNanos() && since == predictsSince) {
      place.kill("did not answer within " + describe(timeout) + " (predict-timeout)");
      if (lateSince != since) {
        lateSince = since;
        timedOut.run();
      }
    }
  }

  private static String describe(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  private static long now() {
    long now = System.nanoTime();
    return now == IDLE ? 1 : now;
  }
}
