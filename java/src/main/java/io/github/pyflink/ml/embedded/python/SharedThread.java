// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.annotation.Internal;

/** A daemon thread for several users. It starts with the first of them and ends with the last. */
@Internal
public final class SharedThread {

  private static final long DEFAULT_STACK = 0;

  private final String name;
  private final long stackBytes;

  /** The context class loader. */
  private final ClassLoader loader;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  @Nullable
  private ScheduledThreadPoolExecutor executor;

  public SharedThread(String name) {
    this(name, DEFAULT_STACK);
  }

  /** Creates a thread that starts processes, by {@link JdkThreads#starting}. */
  public static SharedThread forProcesses(String name) {
    return new SharedThread(name, DEFAULT_STACK, ClassLoader.getSystemClassLoader());
  }

  /** Creates a thread with a stack of this size. */
  public SharedThread(String name, long stackBytes) {
    // Not the class loader of the job that starts the thread: other jobs may outlive it.
    this(name, stackBytes, SharedThread.class.getClassLoader());
  }

  private SharedThread(String name, long stackBytes, ClassLoader loader) {
    this.name = name;
    this.stackBytes = stackBytes;
    this.loader = loader;
  }

  /** Adds a user, who calls {@link #release} once. */
  public synchronized void acquire() {
    users++;
    if (executor == null) {
      executor = new ScheduledThreadPoolExecutor(1, this::makeThread);
      executor.setRemoveOnCancelPolicy(true);
      executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }
  }

  /** Returns whether the user was the last one. */
  public synchronized boolean release() {
    users--;
    if (users > 0) {
      return false;
    }
    executor.shutdown();
    executor = null;
    return true;
  }

  /**
   * Runs a task of a user and waits for its end, also where the calling thread is interrupted.
   *
   * @throws ExecutionException if the task throws
   */
  public <T> T call(Callable<T> task) throws ExecutionException {
    return call(task, () -> {});
  }

  /**
   * Runs a task of a user and waits for its end, also where the calling thread is interrupted.
   *
   * @param onInterrupt is run on the calling thread when it is interrupted
   * @throws ExecutionException if the task throws
   */
  public <T> T call(Callable<T> task, Runnable onInterrupt) throws ExecutionException {
    Future<T> result = submit(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.run();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Runs a task of a user after a delay. */
  public synchronized Future<?> schedule(Runnable task, Duration delay) {
    return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Runs a task of a user repeatedly, until the user cancels it. */
  public synchronized Future<?> repeat(Runnable task, Duration interval) {
    long nanos = interval.toNanos();
    return executor.scheduleWithFixedDelay(task, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  private synchronized <T> Future<T> submit(Callable<T> task) {
    return executor.submit(task);
  }

  private Thread makeThread(Runnable work) {
    Thread thread = JdkThreads.make(work, name, stackBytes);
    thread.setContextClassLoader(loader);
    return thread;
  }
}
