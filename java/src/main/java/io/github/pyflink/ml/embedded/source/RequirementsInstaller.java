// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import io.github.pyflink.ml.embedded.python.PythonScript;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.annotation.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs the packages of a requirements file into the {@link ModelCache}, once for all models and
 * jobs of a host that have the same requirements and the same Python. Packages that this Python has
 * in a fitting version are not installed again.
 */
final class RequirementsInstaller {

  private static final Logger LOG = LoggerFactory.getLogger(RequirementsInstaller.class);

  private static final String OPTION = "python.requirements";
  private static final int QUOTED_LINES = 20;
  private static final long KILL_SECONDS = 10;

  /** User information in a URL, which may hold a password. */
  private static final Pattern USER = Pattern.compile("(?<=://)[^/@\\s]+@");

  private final Path requirements;
  @Nullable private final Path packages;
  private final String python;

  private RequirementsInstaller(Path requirements, @Nullable Path packages, String python) {
    this.requirements = requirements;
    this.packages = packages;
    this.python = python;
  }

  /**
   * Returns the directory of the installed packages, and installs them if the cache does not have
   * it. The directory is empty if Python has them all. The caller closes it when no model uses it.
   *
   * @param requirements the requirements file
   * @param packages a directory of downloaded packages, which is used instead of an index, or null
   * @param python the executable for which they are installed
   * @throws InterruptedIOException if the thread was interrupted; pip has been killed
   * @throws IOException if they cannot be installed; the message ends with what to do
   */
  static ModelDirectory install(
      ModelCache cache, Path requirements, @Nullable Path packages, String python)
      throws IOException {
    RequirementsInstaller installer = new RequirementsInstaller(requirements, packages, python);
    String version = installer.version();
    return cache.get(new CacheKey(OPTION + " " + version, version), installer::into);
  }

  /** Returns a hash of everything that decides what is installed, but for the package index. */
  private String version() throws IOException {
    Path output = Files.createTempFile("pyflink-ml-embedded-", ".txt");
    try {
      run(output, "describe");
      return new Hash()
          .add(Files.readString(output))
          .add(Files.readString(requirements))
          .add(packages == null ? "" : FileTree.contentHash(packages))
          .hex();
    } finally {
      Files.delete(output);
    }
  }

  /**
   * Each attempt has its own directory, because pip may have outlived an earlier JVM for a moment.
   */
  private Path into(Path partial, Reservation reservation) throws IOException {
    for (Path rest : FileTree.children(partial)) {
      FileTree.delete(rest);
    }
    long start = System.nanoTime();
    LOG.info("Installing the requirements of the option '{}' for '{}'.", OPTION, python);
    Path attempt = Files.createTempDirectory(partial, "attempt-");
    Path installed = attempt.resolve("installed");
    Path scratch = Files.createDirectory(attempt.resolve("scratch"));
    Path output = attempt.resolve("output.txt");
    List<String> arguments = new ArrayList<>();
    arguments.add("install");
    arguments.add(requirements.toAbsolutePath().toString());
    arguments.add(installed.toString());
    arguments.add(scratch.toString());
    if (packages != null) {
      arguments.add(packages.toAbsolutePath().toString());
    }
    try {
      run(output, arguments.toArray(String[]::new));
      reservation.useExactly(FileTree.bytes(installed));
    } catch (IOException | RuntimeException e) {
      FileTree.delete(attempt);
      throw e;
    }
    FileTree.sync(installed);
    LOG.info(
        "Installed the requirements in {} s. {}",
        Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3,
        lastLines(output, 1));
    return installed;
  }

  /** Runs the script, and fails with the last lines of its output. */
  private void run(Path output, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(python, "-c"));
    command.add(PythonScript.read(RequirementsInstaller.class, "requirements.py"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(output.toFile()))
            .start();
    try {
      if (process.waitFor() == 0) {
        return;
      }
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("The installation of the requirements was interrupted.");
    }
    throw new IOException(
        String.format(
            "The requirements of the option '%s' cannot be installed for '%s':\n%s\nThis Python"
                + " needs pip 22.2 or later, and access to a package index. Without one, give the"
                + " packages to the job: fill a directory by 'pip download -d packages -r"
                + " requirements.txt', and set '%s' to 'requirements.txt#packages'.",
            OPTION, python, lastLines(output, QUOTED_LINES), OPTION));
  }

  /** The script kills pip when its standard input ends. */
  private static void kill(Process process) throws IOException {
    try {
      process.getOutputStream().close();
      process.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String lastLines(Path output, int count) throws IOException {
    String[] lines = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).split("\n");
    List<String> last = List.of(lines).subList(Math.max(0, lines.length - count), lines.length);
    return USER.matcher(String.join("\n", last)).replaceAll("****@");
  }
}
