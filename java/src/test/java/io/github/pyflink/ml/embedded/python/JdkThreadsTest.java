// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads of a TaskManager outlive the class loaders of its jobs, and must not keep them. */
@Timeout(60)
class JdkThreadsTest {

  /** Java's thread that waits for the end of a process lives for a minute longer. */
  @Test
  void classLoaderThatHasStartedAProcessIsCollected() throws Exception {
    assertIsCollected(loaderThatRuns(StartsProcess.class));
  }

  /** The user of a thread must learn why a process cannot be started. */
  @Test
  void processThatCannotBeStartedIsReported() {
    assertThatThrownBy(() -> JdkThreads.start(new ProcessBuilder("/no/such/file")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such/file");
  }

  /** Starts a process, like a job whose provider is in a user jar. */
  public static final class StartsProcess implements Callable<Void> {

    @Override
    public Void call() throws Exception {
      JdkThreads.start(new ProcessBuilder("true")).waitFor();
      return null;
    }
  }

  /** Runs a class and returns its loader, which also has the classes of this package. */
  private static WeakReference<ClassLoader> loaderThatRuns(Class<?> type) throws Exception {
    URL[] places = {
      type.getProtectionDomain().getCodeSource().getLocation(),
      JdkThreads.class.getProtectionDomain().getCodeSource().getLocation()
    };
    URLClassLoader loader = new ChildFirst(places);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      Class<?> copy = loader.loadClass(type.getName());
      assertThat(copy.getClassLoader()).isSameAs(loader);
      ((Callable<?>) copy.getConstructor().newInstance()).call();
    } finally {
      thread.setContextClassLoader(before);
    }
    loader.close();
    return new WeakReference<>(loader);
  }

  private static void assertIsCollected(WeakReference<ClassLoader> loader)
      throws InterruptedException {
    for (int i = 0; i < 100 && loader.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(loader.get()).isNull();
  }

  private static final class ChildFirst extends URLClassLoader {

    ChildFirst(URL[] places) {
      super(places, JdkThreadsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded == null && name.startsWith("io.github.pyflink.ml.embedded.python.")) {
          loaded = findClass(name);
        }
        return loaded == null ? super.loadClass(name, resolve) : loaded;
      }
    }
  }
}
