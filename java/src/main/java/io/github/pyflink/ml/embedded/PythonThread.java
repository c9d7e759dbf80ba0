// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.InProcessFunction;
import io.github.pyflink.ml.embedded.python.SharedThread;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
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
  private final SharedThread thread;

  private PythonThread(String key, String name) {
    this.key = key;
    this.thread = new SharedThread(name, InProcessFunction.STACK_BYTES);
  }

  /** Returns the thread of this key in this JVM; the caller closes it. */
  static PythonThread open(String key, String name) {
    synchronized (SHARED) {
      PythonThread thread = SHARED.computeIfAbsent(key, missing -> new PythonThread(key, name));
      thread.thread.acquire();
      return thread;
    }
  }

  Future<?> schedule(Runnable task, Duration delay) {
    return thread.schedule(task, delay);
  }

  /**
   * Runs a task and waits for it, also where the calling thread is interrupted.
   *
   * @param cancel requests the end of the task; run when the thread is interrupted
   */
  int call(IntSupplier task, Runnable cancel) {
    try {
      return thread.call(task::getAsInt, cancel);
    } catch (ExecutionException e) {
      ExceptionUtils.rethrow(e.getCause());
      throw new IllegalStateException("rethrow has returned", e);
    }
  }

  @Override
  public void close() {
    synchronized (SHARED) {
      if (thread.release()) {
        SHARED.remove(key);
      }
    }
  }
}
