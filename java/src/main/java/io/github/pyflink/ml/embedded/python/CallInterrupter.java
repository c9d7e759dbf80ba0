// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.time.Duration;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises {@code PredictTimeoutError} in the thread that runs a call of one function, and logs the
 * Python stacks of a call that does not end by it.
 *
 * <p>Raising needs the GIL, which native code may hold for ever. Another thread than the watchdog's
 * therefore waits for it.
 */
final class CallInterrupter implements AutoCloseable {

  /** The number of no call. */
  static final long NONE = 0;

  private static final Logger LOG = LoggerFactory.getLogger(CallInterrupter.class);

  private static final SharedThread THREAD = new SharedThread("pyflink-ml-embedded-interrupter");

  /** How long the GIL is waited for before stacks are printed without it. */
  private static final Duration GIL_LIMIT = Duration.ofSeconds(1);

  /** The time between two exceptions, in which the call may clean up. */
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** How long a call may be where it could leave a lock of the process held. */
  private static final Duration LOCK_LIMIT = Duration.ofSeconds(1);

  // What native code returns.
  private static final int ENDED = 0;
  private static final int INTERRUPTED = 1;
  private static final int PENDING = 2;
  private static final int DEFERRED = 3;

  /** How often a call that does not end is logged where its end is awaited. */
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(30);

  private final String model;
  private final String subtask;
  private final long handle;

  /** The call that is interrupted, or {@link #NONE}. */
  @GuardedBy("this")
  private long call = NONE;

  @GuardedBy("this")
  private String reason;

  @GuardedBy("this")
  private String situation;

  @GuardedBy("this")
  private boolean isScheduled;

  /** Whether native code uses the handle. */
  @GuardedBy("this")
  private boolean isRaising;

  /** Whether the call is logged again. */
  @GuardedBy("this")
  private boolean isAwaited;

  @GuardedBy("this")
  private boolean isReported;

  @GuardedBy("this")
  private boolean isClosed;

  // As System.nanoTime: when the call was interrupted first, when it is next, when it was logged,
  // and since when the GIL is waited for while no other thread takes it.
  @GuardedBy("this")
  private long firstTime;

  @GuardedBy("this")
  private long nextTime;

  @GuardedBy("this")
  private long reportTime;

  @GuardedBy("this")
  private long waitsSince;

  @GuardedBy("this")
  private long gilSwitches;

  /** Borrows the handle, which must be valid until this is closed. */
  CallInterrupter(String model, String subtask, long handle) {
    this.model = model;
    this.subtask = subtask;
    this.handle = handle;
    THREAD.acquire();
  }

  /** Returns the number of the call in progress, or {@link #NONE}. Does not wait for the GIL. */
  synchronized long callInProgress() {
    return isClosed ? NONE : NativeBridge.call(handle);
  }

  /** Ends a wait of coroutines, or the next one. Does not wait for the GIL. */
  synchronized void wake() {
    if (!isClosed) {
      NativeBridge.wake(handle);
    }
  }

  /**
   * Interrupts a call, if it is still in progress, and again where that was in vain; called as long
   * as the call lasts. Does not wait.
   *
   * @param reason the message of the Python exception
   * @param situation the rows, and why they are interrupted, for the log
   * @param isAwaited whether the end of the call is awaited, so that it is logged again
   */
  synchronized void interrupt(long call, String reason, String situation, boolean isAwaited) {
    long now = System.nanoTime();
    if (isClosed) {
      return;
    }
    this.isAwaited = isAwaited;
    if (isScheduled) {
      if (this.call == call && isGilStuck(now) && isReportDue(now)) {
        report("native code holds the GIL, so that no Python code runs in this JVM", false);
      }
      return;
    }
    if (this.call != call) {
      this.call = call;
      isReported = false;
      firstTime = now;
      nextTime = now;
    }
    this.reason = reason;
    this.situation = situation;
    if (now - nextTime >= 0) {
      isScheduled = true;
      waitsSince = now;
      gilSwitches = NativeBridge.gilSwitches();
      THREAD.schedule(this::raise, Duration.ZERO);
    }
  }

  /** Returns whether one thread has had the GIL for a while. Only then do no stacks change. */
  @GuardedBy("this")
  private boolean isGilStuck(long now) {
    long switches = NativeBridge.gilSwitches();
    if (switches != gilSwitches) {
      gilSwitches = switches;
      waitsSince = now;
    }
    return now - waitsSince > GIL_LIMIT.toNanos();
  }

  /** Waits until the handle is not used any more. */
  @Override
  public synchronized void close() {
    isClosed = true;
    boolean interrupted = false;
    while (isRaising) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true; // the handle is freed next
      }
    }
    THREAD.release();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs on the thread of this class, and may wait for the GIL for ever. */
  private void raise() {
    long raised;
    String message;
    boolean isForced;
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isRaising = true;
      raised = call;
      message = reason;
      isForced = System.nanoTime() - firstTime > LOCK_LIMIT.toNanos();
    }
    int outcome = ENDED;
    try {
      outcome = NativeBridge.interrupt(handle, raised, message, isForced);
      String cause = causeOf(outcome);
      if (cause != null && isReportDue(System.nanoTime())) {
        report(cause, true);
      }
    } finally {
      finish(outcome);
    }
  }

  /** Returns why a call goes on that was interrupted before, or null. */
  @Nullable
  private synchronized String causeOf(int outcome) {
    if (System.nanoTime() - firstTime <= INTERVAL.toNanos()) {
      return null;
    }
    return outcome == PENDING
        ? "it is in native code, which a Python exception cannot end"
        : outcome == INTERRUPTED ? "it has caught PredictTimeoutError" : null;
  }

  private synchronized void finish(int outcome) {
    isScheduled = false;
    isRaising = false;
    long now = System.nanoTime();
    nextTime = outcome == DEFERRED ? now : now + INTERVAL.toNanos();
    notifyAll();
  }

  /** Returns whether the call is to be logged, and notes that it is. */
  private synchronized boolean isReportDue(long now) {
    boolean isDue = !isReported || (isAwaited && now - reportTime >= REPORT_INTERVAL.toNanos());
    if (isDue) {
      isReported = true;
      reportTime = now;
    }
    return isDue;
  }

  /** Logs the Python stacks. The handle must be in use, or the lock held. */
  private void report(String cause, boolean withGil) {
    LOG.warn(
        "Model '{}', {}, {}, but the call does not end, because {}. If this lasts while a job is"
            + " cancelled, Flink ends the TaskManager after its 'task.cancellation.timeout'. With"
            + " 'execution-mode' = 'process' any call can be ended. Thread 0x{} makes this call."
            + " Python's threads:\n{}",
        model,
        subtask,
        situation(),
        cause,
        String.format("%016x", NativeBridge.thread(handle)),
        NativeBridge.stacks(withGil));
  }

  private synchronized String situation() {
    return situation;
  }
}
