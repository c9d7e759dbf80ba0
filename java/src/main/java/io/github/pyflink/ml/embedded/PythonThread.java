// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.InProcessFunction;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.flink.util.ExceptionUtils;

/**
 * A thread that predicts or opens new versions, apart from the threads of the tasks, and with a
 * larger stack. It ends when its last user has closed it.
 *
 * <p>The GIL lets one thread run at a time, and a thread may wait 5 ms for it. Functions with the
 * same code therefore share a thread and take turns.
 */
final class PythonThread implements AutoCloseable {

  private static final Map<String, PythonThread> SHARED = new HashMap<>();

  private final String key;
  private final ScheduledThreadPoolExecutor executor;
  private int users;

  private PythonThread(String key, String name) {
    this.key = key;
    this.executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(null, task, name, InProcessFunction.STACK_BYTES);
              thread.setDaemon(true);
              // Not the class loader of the job that opens the thread: other jobs may outlive it.
              thread.setContextClassLoader(PythonThread.class.getClassLoader());
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Returns the thread of this key in this JVM; the caller closes it. */
  static PythonThread open(String key, String name) {
    synchronized (SHARED) {
      PythonThread thread = SHARED.computeIfAbsent(key, missing -> new PythonThread(key, name));
      thread.users++;
      return thread;
    }
  }

  Future<?> schedule(Runnable task, Duration delay) {
    return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Runs a task and waits for it. An interrupt does not end the wait, because Python cannot be
   * interrupted.
   */
  int call(IntSupplier task) {
    Future<Integer> result = executor.submit(task::getAsInt);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          ExceptionUtils.rethrow(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    synchronized (SHARED) {
      users--;
      if (users == 0) {
        SHARED.remove(key);
        executor.shutdown();
      }
    }
  }
}
