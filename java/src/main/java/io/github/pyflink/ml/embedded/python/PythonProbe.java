// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.flink.FlinkVersion;

/**
 * Runs a Python executable in a subprocess to find out its version, paths and packages.
 *
 * <p>A problem that would crash the JVM in-process, such as a missing standard library, is an exit
 * code of the subprocess.
 */
final class PythonProbe {

  static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final int QUOTED_CHARS = 2000;

  private PythonProbe() {}

  /**
   * Runs the executable.
   *
   * @throws PythonException if it cannot be run, fails, prints no description, or does not exit
   *     within the timeout
   */
  static PythonEnvironment run(String executable, Duration timeout) {
    Process process;
    try {
      process =
          JdkThreads.start(
              new ProcessBuilder(
                  executable,
                  "-c",
                  PythonScript.read(PythonProbe.class, "probe.py"),
                  "--package",
                  Version.OF_JAR,
                  "--flink",
                  FlinkVersion.current().toString(),
                  "--parent",
                  String.valueOf(ProcessHandle.current().pid())));
      process.getOutputStream().close();
    } catch (IOException e) {
      throw failure(executable, "cannot be run: " + e.getMessage());
    }
    await(process, executable, timeout);

    // The output is complete: a description fits into the buffer of a pipe, and a process that
    // writes more blocks until the timeout.
    String output = text(process.getInputStream());
    String errors = text(process.getErrorStream());
    if (process.exitValue() != 0) {
      throw failure(
          executable, "failed with exit code " + process.exitValue() + quote(output + errors));
    }
    String lastLine = output.substring(output.lastIndexOf('\n') + 1);
    return PythonEnvironment.parse(lastLine, errors)
        .orElseThrow(
            () -> failure(executable, "did not print a description" + quote(output + errors)));
  }

  private static void await(Process process, String executable, Duration timeout) {
    try {
      if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      throw failure(executable, "was stopped because the thread was interrupted");
    }
    kill(process);
    throw failure(executable, "did not exit within " + timeout.toSeconds() + " s");
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
            + "\nIt was run to check that it can be embedded. Set the option 'python.executable' to a"
            + " working Python 3.10 to 3.12 on every TaskManager.");
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
}
