package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.flink.FlinkVersion;

/**
 * Asks a Python executable, in a process of its own, what it is.
 *
 * <p>What would end the JVM inside of it, such as a standard library that is not found, is an exit
 * code here.
 */
final class PythonProbe {

  static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final int QUOTED_CHARS = 2000;

  private PythonProbe() {}

  /**
   * Runs the executable.
   *
   * @throws PythonException if it cannot be run, fails, says nothing of use, or does not end in
   *     time
   */
  static PythonEnvironment run(String executable, Duration timeout) {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  executable,
                  "-c",
                  script(),
                  "--package",
                  Version.OF_JAR,
                  "--flink",
                  FlinkVersion.current().toString())
              .start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw failure(executable, "cannot be run: " + e.getMessage());
    }
    await(process, executable, timeout);

    // The process has ended, so all that it wrote is at hand: a description is smaller than the
    // buffer of a pipe, and whatever wrote more has run into the timeout.
    String output = text(process.getInputStream());
    String errors = text(process.getErrorStream());
    if (process.exitValue() != 0) {
      throw failure(
          executable, "ended with exit code " + process.exitValue() + quote(output + errors));
    }
    String lastLine = output.substring(output.lastIndexOf('\n') + 1);
    return PythonEnvironment.parse(lastLine, errors)
        .orElseThrow(() -> failure(executable, "did not describe itself" + quote(output + errors)));
  }

  private static void await(Process process, String executable, Duration timeout) {
    try {
      if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      throw failure(executable, "was not waited for: interrupted");
    }
    kill(process);
    throw failure(executable, "did not end within " + timeout.toSeconds() + " s");
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static PythonException failure(String executable, String problem) {
    return new PythonException(
        "The Python executable '"
            + executable
            + "' "
            + problem
            + "\nIt was run to find out what it is. Set the option 'python.executable' to a Python"
            + " 3.10 to 3.12 that works on every TaskManager.");
  }

  private static String quote(String output) {
    return output.isEmpty()
        ? ", and printed nothing"
        : ", and printed:\n" + output.substring(0, Math.min(output.length(), QUOTED_CHARS));
  }

  private static String text(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String script() throws IOException {
    try (InputStream script = PythonProbe.class.getResourceAsStream("probe.py")) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
