// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;

/**
 * The two batches of a function. The task's thread adds rows to the open one. When Python is free,
 * its thread takes that batch, and the other one becomes the open one. Rows that are predicted
 * again wait here too.
 *
 * <p>Every method holds the lock, which is that of this object, and none calls Python. The lock is
 * held to write one row, to swap the batches, or to complete the rows of a call.
 */
final class BatchQueue extends RowQueue {

  private static final Duration MAX_PAUSE = Duration.ofMillis(1);

  private enum Python {
    IDLE,
    /** The run is scheduled on the thread. */
    SCHEDULED,
    RUNNING
  }

  private final Batching batching;
  private final PythonThread thread;
  private final Runnable run;

  @GuardedBy("this")
  @Nullable
  private Batch free;

  @GuardedBy("this")
  private Python python = Python.IDLE;

  @GuardedBy("this")
  @Nullable
  private Future<?> timer;

  /** Rows that wait for their next try, each with its timer. */
  @GuardedBy("this")
  private final Map<PendingRow, Future<?>> waiting = new LinkedHashMap<>();

  /** Rows that have waited, and are predicted in the next run. */
  @GuardedBy("this")
  private final Deque<PendingRow> due = new ArrayDeque<>();

  @GuardedBy("this")
  @Nullable
  private Runnable whenDrained;

  /**
   * Creates an open queue.
   *
   * @param thread where {@code run} is scheduled; borrowed
   * @param run takes a batch, predicts it, and returns it by {@link #release} or {@link #fail}
   */
  BatchQueue(Batch open, Batch free, Batching batching, PythonThread thread, Runnable run) {
    super(open);
    this.free = free;
    this.batching = batching;
    this.thread = thread;
    this.run = run;
  }

  /** Lets a row be predicted again after a delay. */
  synchronized void retry(PendingRow row, Duration delay) {
    if (closed) {
      row.abandon();
    } else if (failure != null) {
      row.fail(failure);
    } else {
      waiting.put(row, thread.schedule(() -> resume(row), delay));
    }
  }

  /** See {@link Predictor#drain}. */
  synchronized void drain(Runnable whenDrained) {
    this.whenDrained = whenDrained;
    schedule(Duration.ZERO);
    reportDrained();
  }

  /** Takes a row that has waited for its next try, or returns null where there is none. */
  @Nullable
  synchronized PendingRow takeDue() {
    return due.poll();
  }

  /** Takes the open batch for a run, or returns null where the queue is closed. */
  @Nullable
  synchronized Batch take() {
    if (closed) {
      python = Python.IDLE;
      return null;
    }
    python = Python.RUNNING;
    Batch batch = open;
    open = free;
    free = null;
    notifyAll();
    return batch;
  }

  /**
   * Returns an empty batch after a run, and schedules the next run.
   *
   * <p>Where rows came while the batch was predicted, but fewer than it had, Python keeps up with
   * them: it pauses for as long as it worked, because a larger batch costs less a row. The fixed
   * cost of a call is far below a millisecond, so a longer pause would gain nothing.
   *
   * @param rows how many rows the batch had
   * @param worked how long the run took
   */
  synchronized void release(Batch batch, int rows, Duration worked) {
    free = batch;
    python = Python.IDLE;
    Duration pause = worked.compareTo(MAX_PAUSE) < 0 ? worked : MAX_PAUSE;
    schedule(open.size() < rows && !open.isFull() ? pause : Duration.ZERO);
    reportDrained();
    notifyAll();
  }

  /** Returns a batch after a run that failed unexpectedly, and fails all rows, later ones too. */
  synchronized void fail(Batch batch, Throwable cause) {
    free = batch;
    python = Python.IDLE;
    if (closed) { // the call was cancelled
      failure = cause;
      batch.abandonFrom(0);
    } else {
      batch.fail(cause);
      failAll(cause);
    }
    reportDrained();
    notifyAll();
  }

  /**
   * Waits until Python has left the function, and completes the rows that were not predicted.
   *
   * @param cancel requests the end of a call in progress
   * @return false where the queue was closed before
   */
  synchronized boolean close(Runnable cancel) {
    if (closed) {
      return false;
    }
    closed = true;
    stopTimer();
    if (python == Python.RUNNING) {
      cancel.run();
    }
    notifyAll();
    awaitPython();
    open.abandonFrom(0);
    stopWaiting(PendingRow::abandon);
    return true;
  }

  private synchronized void resume(PendingRow row) {
    if (waiting.remove(row) != null) { // not closed or failed meanwhile
      due.add(row);
      schedule(Duration.ZERO);
    }
  }

  /** Fails all rows, later ones too. */
  @GuardedBy("this")
  private void failAll(Throwable cause) {
    failure = cause;
    open.fail(cause);
    stopWaiting(row -> row.fail(cause));
  }

  @GuardedBy("this")
  private void stopWaiting(Consumer<PendingRow> end) {
    waiting.forEach(
        (row, delay) -> {
          delay.cancel(false);
          end.accept(row);
        });
    waiting.clear();
    due.forEach(end);
    due.clear();
  }

  @Override
  @GuardedBy("this")
  void notifyPython() {
    schedule(Duration.ZERO);
  }

  /** Schedules a run, after a pause, where the open batch is due and Python is idle. */
  @GuardedBy("this")
  private void schedule(Duration pause) {
    boolean hasRows = open.size() > 0 || !due.isEmpty();
    if (python != Python.IDLE || !hasRows || failure != null || closed) {
      return;
    }
    boolean isDue =
        open.size() >= batching.size || open.isFull() || !due.isEmpty() || whenDrained != null;
    Duration wait = isDue ? Duration.ZERO : remainingTimeout();
    if (wait.isZero()) {
      python = Python.SCHEDULED;
      stopTimer();
      thread.schedule(run, pause);
    } else if (timer == null) {
      timer = thread.schedule(this::timedOut, wait);
    }
  }

  @GuardedBy("this")
  private Duration remainingTimeout() {
    if (batching.timeout.isZero()) {
      return Duration.ZERO;
    }
    Duration remaining = batching.timeout.minusNanos(System.nanoTime() - open.since());
    return remaining.isNegative() ? Duration.ZERO : remaining;
  }

  private synchronized void timedOut() {
    timer = null;
    schedule(Duration.ZERO);
  }

  @GuardedBy("this")
  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  @GuardedBy("this")
  private void reportDrained() {
    boolean hasRows = open.size() > 0 || !waiting.isEmpty() || !due.isEmpty();
    boolean isDrained = python == Python.IDLE && (!hasRows || failure != null);
    if (isDrained && whenDrained != null && !closed) {
      whenDrained.run();
      whenDrained = null;
    }
  }

  @GuardedBy("this")
  private void awaitPython() {
    boolean interrupted = false;
    while (python == Python.RUNNING) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true; // to free what Python uses would crash the JVM
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
