// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each job has its own class loader, so this class exists several times in a JVM. */
class MutexTest {

  private static final int TIMES = 200;

  @TempDir private Path directory;

  /** Each job has its own copy of the class, and a directory may have several paths. */
  @Test
  void oneThreadHoldsTheLockAcrossClassLoaders() throws Exception {
    Path alias = Files.createSymbolicLink(directory.resolve("alias"), directory);
    AtomicInteger holders = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (Path path : List.of(directory, alias, directory, alias)) {
      Method holding = holdingOfAnotherLoader();
      Object action =
          action(
              holding.getParameterTypes()[1],
              (proxy, method, arguments) -> {
                most.accumulateAndGet(holders.incrementAndGet(), Math::max);
                Thread.yield();
                return holders.decrementAndGet();
              });
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < TIMES; i++) {
                    holding.invoke(null, path, action);
                  }
                } catch (ReflectiveOperationException e) {
                  throw new IllegalStateException(e);
                }
              },
              command -> new Thread(command).start()));
    }

    for (CompletableFuture<Void> thread : threads) {
      thread.get(60, TimeUnit.SECONDS);
    }
    assertThat(most).hasValue(1);
  }

  private static Object action(Class<?> type, InvocationHandler handler) {
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  private static Method holdingOfAnotherLoader() throws ReflectiveOperationException {
    URL classes = Mutex.class.getProtectionDomain().getCodeSource().getLocation();
    ClassLoader loader =
        new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader());
    for (Method method : loader.loadClass(Mutex.class.getName()).getDeclaredMethods()) {
      if (method.getName().equals("holding")) {
        assertThat(method.getDeclaringClass()).isNotSameAs(Mutex.class);
        method.setAccessible(true);
        return method;
      }
    }
    throw new NoSuchMethodException("holding");
  }
}
