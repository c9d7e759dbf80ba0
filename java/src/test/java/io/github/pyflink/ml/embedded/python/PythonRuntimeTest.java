// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.util.ChildFirstClassLoader;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** All class loaders of a JVM share one CPython. */
@EnabledIfSystemProperty(named = "python.executable", matches = ".+")
class PythonRuntimeTest {

  private static final String EXECUTABLE = System.getProperty("python.executable");

  @BeforeAll
  static void start() {
    PythonRuntime.start(EXECUTABLE);
  }

  /** An unbound method would throw UnsatisfiedLinkError instead. */
  @Test
  void nativeMethodsAreBound() {
    assertThatThrownBy(() -> NativeBridge.open("{}", true)).isInstanceOf(PythonException.class);
  }

  /** The thread would keep a Python thread state. */
  @Test
  void bootThreadEnds() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("pyflink-ml-embedded-boot")) {
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
      }
    }
  }

  /** A job that contains this project's jar has its own copy of the classes. */
  @Test
  void nativeMethodsAreBoundForEachClassLoader() throws Throwable {
    URL classes = PythonRuntime.class.getProtectionDomain().getCodeSource().getLocation();
    String[] parentFirst = {"java.", "org.apache.flink.", "org.slf4j.", "pemja."};
    try (ChildFirstClassLoader loader =
        new ChildFirstClassLoader(
            new URL[] {classes}, getClass().getClassLoader(), parentFirst, failure -> {})) {
      call(loader, PythonRuntime.class, "start", EXECUTABLE);

      assertThatThrownBy(() -> call(loader, NativeBridge.class, "open", "{}", true))
          .satisfies(
              failure -> assertThat(failure.getClass().getClassLoader()).isSameAs(loader),
              failure ->
                  assertThat(failure.getClass().getName())
                      .isEqualTo(PythonException.class.getName()));
    }
  }

  /** To run the executable takes longer than all else that a later job needs. */
  @Test
  void descriptionOfTheRunningPythonIsKept() {
    assertThat(ProbeCache.find(EXECUTABLE))
        .hasValueSatisfying(found -> assertThat(found.executable()).isEqualTo(EXECUTABLE));
    assertThat(ProbeCache.find(EXECUTABLE + "3")).isEmpty();
  }

  /** What a script around the executable does may change without a trace. */
  @Test
  void descriptionOfAnotherExecutableIsNotKept() {
    PythonEnvironment environment = PythonProbe.run(EXECUTABLE, PythonProbe.TIMEOUT);

    ProbeCache.keep("/opt/python-in-a-container.sh", environment);

    assertThat(ProbeCache.find("/opt/python-in-a-container.sh")).isEmpty();
  }

  /** Only the job that opens the model can report a failure. */
  @Test
  void failureOfAnEarlyStartIsSilentAndNotKept(@TempDir Path directory) throws IOException {
    Path executable = Files.writeString(directory.resolve("python"), "#!/bin/sh\necho no Python\n");
    assertThat(executable.toFile().setExecutable(true)).isTrue();

    PythonRuntime.startEarly("/nowhere/python");
    PythonRuntime.startEarly(executable.toString());

    for (String problem : List.of("no Python", "still no Python")) {
      Files.writeString(executable, "#!/bin/sh\necho " + problem + "\n");
      await(() -> PythonRuntime.start(executable.toString()), "and printed:\n" + problem);
    }
  }

  /** CPython lives as long as the process, so the second would silently run as the first. */
  @Test
  void secondExecutableIsRejectedWithBothNamed(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path second = venvThatSees(EXECUTABLE, directory);

    assertThatThrownBy(() -> PythonRuntime.start(second.toString()))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining(second.toString())
        .hasMessageContaining(EXECUTABLE)
        .hasMessageNotContaining("Traceback");
    PythonRuntime.start(EXECUTABLE);
  }

  /** Repeats a call until it fails with this message. */
  private static void await(ThrowingCallable call, String message) {
    Throwable failure;
    do {
      failure = catchThrowable(call);
      assertThat(failure).isInstanceOf(PythonException.class);
    } while (!failure.getMessage().contains(message));
  }

  /** Calls a static method of the loader's copy of a class. */
  private static void call(ClassLoader loader, Class<?> type, String name, Object... arguments)
      throws Throwable {
    for (Method method : loader.loadClass(type.getName()).getDeclaredMethods()) {
      if (method.getName().equals(name)) {
        method.setAccessible(true);
        try {
          method.invoke(null, arguments);
        } catch (InvocationTargetException e) {
          throw e.getCause();
        }
      }
    }
  }

  private static Path venvThatSees(String executable, Path directory)
      throws IOException, InterruptedException {
    run(executable, "-m", "venv", "--without-pip", directory.toString());
    PythonEnvironment first = PythonProbe.run(executable, PythonProbe.TIMEOUT);
    List<String> visible =
        List.of(
            first.pemjaParent(),
            new ObjectMapper().readTree(first.json()).get("package_path").asText() + "/..");
    try (Stream<Path> files = Files.walk(directory)) {
      Path sitePackages =
          files.filter(file -> file.endsWith("site-packages")).findFirst().orElseThrow();
      Files.write(sitePackages.resolve("first.pth"), visible);
    }
    return directory.resolve("bin").resolve("python");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
