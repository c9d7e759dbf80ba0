// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;

/** A daemon thread for several users. It starts with the first of them and ends with the last. */
final class SharedThread {

  private final String name;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  @Nullable
  private ScheduledThreadPoolExecutor executor;

  SharedThread(String name) {
    this.name = name;
  }

  /** Adds a user, who calls {@link #release} once. */
  synchronized void acquire() {
    users++;
    if (executor == null) {
      executor = new ScheduledThreadPoolExecutor(1, this::makeThread);
      executor.setRemoveOnCancelPolicy(true);
      executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }
  }

  synchronized void release() {
    users--;
    if (users == 0) {
      executor.shutdown();
      executor = null;
    }
  }

  /**
   * Runs a task of a user and waits for its end, also where the calling thread is interrupted.
   *
   * @throws ExecutionException if the task throws
   */
  <T> T call(Callable<T> task) throws ExecutionException {
    Future<T> result = submit(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Runs a task of a user after a delay. */
  synchronized void schedule(Runnable task, Duration delay) {
    executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Runs a task of a user repeatedly, until the user cancels it. */
  synchronized Future<?> repeat(Runnable task, Duration interval) {
    long nanos = interval.toNanos();
    return executor.scheduleWithFixedDelay(task, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  private synchronized <T> Future<T> submit(Callable<T> task) {
    return executor.submit(task);
  }

  private Thread makeThread(Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    // Not the class loader of the job that starts the thread: other jobs may outlive it.
    thread.setContextClassLoader(SharedThread.class.getClassLoader());
    return thread;
  }
}
