// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The executable may be anything, and must neither hang nor crash the JVM. */
class PythonProbeTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir private Path directory;

  /** The probe must describe a real Python as one that can be embedded. */
  @Test
  @EnabledIfSystemProperty(named = "python.executable", matches = ".+")
  void completePythonIsVerified() {
    String executable = System.getProperty("python.executable");

    PythonEnvironment environment = PythonProbe.run(executable, LONG);

    assertThatCode(environment::verify).doesNotThrowAnyException();
    assertThat(environment.executable()).isEqualTo(executable);
    assertThat(Path.of(environment.basePrefix())).isDirectory();
    assertThat(Path.of(environment.libpython())).exists();
    assertThat(environment.json()).startsWith("{").isPrintable();
  }

  /** A sitecustomize module may print before it. */
  @Test
  void lastLineIsTheDescription() throws IOException {
    String executable = script("echo '{not this}'; echo '{\"executable\": \"/a\"}'; echo oh >&2");

    PythonEnvironment environment = PythonProbe.run(executable, LONG);

    assertThat(environment.executable()).isEqualTo("/a");
    assertThat(environment.errorOutput()).isEqualTo("oh");
  }

  /** The message names the file and the option to change. */
  @Test
  void missingExecutableIsReported() {
    assertThatThrownBy(() -> PythonProbe.run("/nowhere/python", LONG))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("The Python executable '/nowhere/python' cannot be run")
        .hasMessageContaining("'python.executable'");
  }

  /** Python prints its reason to standard error. */
  @Test
  void failureIsReportedWithExitCodeAndOutput() throws IOException {
    String executable = script("echo 'no module named encodings' >&2; exit 3");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining(executable)
        .hasMessageContaining("failed with exit code 3, and printed:\nno module named encodings");
  }

  /** The output shows what the executable is instead of Python. */
  @Test
  void otherOutputIsQuoted() throws IOException {
    String executable = script("echo 'Welcome to the login shell'");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining(
            "did not print a description, and printed:\nWelcome to the login shell");
  }

  /** An empty quotation would look like a mistake. */
  @Test
  void missingOutputIsReported() throws IOException {
    String executable = script("true");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining("did not print a description, and printed nothing");
  }

  /** A wrapper script may wait for a child, which would outlive it. */
  @Test
  void hangingExecutableIsKilledWithItsChildren() throws IOException {
    Path pid = directory.resolve("pid");
    String executable = script("sleep 1000 & echo $! > " + pid + "; wait");

    assertThatThrownBy(() -> PythonProbe.run(executable, Duration.ofSeconds(2)))
        .hasMessageContaining("did not exit within 2 s");

    ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
        .ifPresent(child -> assertThat(child.onExit()).succeedsWithin(LONG));
  }

  /** The output blocks on the full pipe and must not fill the heap. */
  @Test
  void endlessOutputEndsInATimeout() throws IOException {
    String executable = script("exec yes");

    assertThatThrownBy(() -> PythonProbe.run(executable, SHORT))
        .hasMessageContaining("did not exit within");
  }

  private String script(String commands) throws IOException {
    Path file = Files.writeString(directory.resolve("python"), "#!/bin/sh\n" + commands + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file.toString();
  }
}
