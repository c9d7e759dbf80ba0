// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import org.apache.flink.annotation.Internal;
import org.apache.flink.util.ExceptionUtils;

/**
 * Threads and calls that keep no class loader of a job alive.
 *
 * <p>A new thread keeps the context class loader of the thread that creates it, and the protection
 * domains of all classes on its stack. Java's "process reaper", which waits for the end of a
 * process, lives for a minute longer, and other jobs may use it. So processes are started where
 * only classes of the JDK are on the stack.
 */
@Internal
public final class JdkThreads {

  private JdkThreads() {}

  /** Creates a daemon thread, whose context class loader is that of the system. */
  public static Thread make(Runnable work, String name, long stackBytes) {
    MethodType parameters =
        MethodType.methodType(
            void.class, ThreadGroup.class, Runnable.class, String.class, long.class);
    try {
      MethodHandle constructor =
          MethodHandles.publicLookup().findConstructor(Thread.class, parameters);
      ThreadGroup group = Thread.currentThread().getThreadGroup();
      return run(MethodHandles.insertArguments(constructor, 0, group, work, name, stackBytes));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts a process. */
  public static Process start(ProcessBuilder builder) throws IOException {
    try {
      return run(startOf(builder));
    } catch (RuntimeException e) {
      throw ExceptionUtils.findThrowable(e, IOException.class).orElseThrow(() -> e);
    }
  }

  /** Returns what starts a process, for a thread that this class has made. */
  public static Callable<Process> starting(ProcessBuilder builder) {
    return callable(startOf(builder));
  }

  private static MethodHandle startOf(ProcessBuilder builder) {
    try {
      return MethodHandles.publicLookup()
          .findVirtual(ProcessBuilder.class, "start", MethodType.methodType(Process.class))
          .bindTo(builder);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a call on a thread that only the JDK has created, without a class of a job on its stack.
   *
   * @param call without parameters
   */
  static <T> T run(MethodHandle call) {
    ForkJoinPool pool = new ForkJoinPool(1); // creates its threads with the JDK's own privileges
    try {
      return pool.submit(JdkThreads.<T>callable(call)).join();
    } finally {
      pool.shutdown();
    }
  }

  @SuppressWarnings("unchecked") // the interface is generic
  private static <T> Callable<T> callable(MethodHandle call) {
    return MethodHandleProxies.asInterfaceInstance(
        Callable.class, call.asType(MethodType.methodType(Object.class)));
  }
}
