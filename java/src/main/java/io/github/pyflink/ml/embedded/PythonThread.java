package io.github.pyflink.ml.embedded;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A thread beside those of the tasks, on which Python functions predict batches or new versions of
 * them are opened. It ends when its last user has closed it.
 *
 * <p>The GIL lets one thread run at a time and makes others wait for up to 5 ms, so that functions
 * of the same code are better served one after the other.
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
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              // Not that of the job which happens to be the first: others may outlive it.
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
