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

/** Anything may stand behind an executable's name; none of it may hang or end the JVM. */
class PythonProbeTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir private Path directory;

  @Test
  @EnabledIfSystemProperty(named = "python.executable", matches = ".+")
  void python_with_all_that_is_needed_is_verified() {
    String executable = System.getProperty("python.executable");

    PythonEnvironment environment = PythonProbe.run(executable, LONG);

    assertThatCode(environment::verify).doesNotThrowAnyException();
    assertThat(environment.executable()).isEqualTo(executable);
    assertThat(Path.of(environment.basePrefix())).isDirectory();
    assertThat(Path.of(environment.libpython())).exists();
    assertThat(environment.json()).startsWith("{").isPrintable();
  }

  /** A sitecustomize may print. */
  @Test
  void last_line_counts() throws IOException {
    String executable = script("echo '{not this}'; echo '{\"executable\": \"/a\"}'; echo oh >&2");

    PythonEnvironment environment = PythonProbe.run(executable, LONG);

    assertThat(environment.executable()).isEqualTo("/a");
    assertThat(environment.errorOutput()).isEqualTo("oh");
  }

  @Test
  void executable_that_is_none_is_named() {
    assertThatThrownBy(() -> PythonProbe.run("/nowhere/python", LONG))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("The Python executable '/nowhere/python' cannot be run")
        .hasMessageContaining("'python.executable'");
  }

  @Test
  void failure_is_quoted_with_its_exit_code() throws IOException {
    String executable = script("echo 'no module named encodings' >&2; exit 3");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining(executable)
        .hasMessageContaining("failed with exit code 3, and printed:\nno module named encodings");
  }

  @Test
  void rubbish_is_quoted() throws IOException {
    String executable = script("echo 'Welcome to the login shell'");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining(
            "did not print a description, and printed:\nWelcome to the login shell");
  }

  @Test
  void silence_is_reported() throws IOException {
    String executable = script("true");

    assertThatThrownBy(() -> PythonProbe.run(executable, LONG))
        .hasMessageContaining("did not print a description, and printed nothing");
  }

  @Test
  void hanging_executable_is_ended_with_its_children() throws IOException {
    Path pid = directory.resolve("pid");
    String executable = script("sleep 1000 & echo $! > " + pid + "; wait");

    assertThatThrownBy(() -> PythonProbe.run(executable, Duration.ofSeconds(2)))
        .hasMessageContaining("did not exit within 2 s");

    ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
        .ifPresent(child -> assertThat(child.onExit()).succeedsWithin(LONG));
  }

  /** It blocks on the pipe that nobody reads, and so runs into the timeout. */
  @Test
  void endless_output_is_not_collected() throws IOException {
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
