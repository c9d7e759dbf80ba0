// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import io.github.pyflink.ml.embedded.python.JdkThreads;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the Python of an environment, and whether it starts on this host. */
final class EnvironmentPython {

  private static final String NAME = "bin/python";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int QUOTED_BYTES = 2000;

  /** The line of a venv's pyvenv.cfg that names the directory of its base interpreter. */
  private static final Pattern HOME = Pattern.compile("(?m)^home\\s*=\\s*(.+?)\\s*$");

  private static final String BASE_REMEDY =
      " Install that Python there on every TaskManager, or pack an environment that has its own"
          + " interpreter, for example by 'conda-pack'.";

  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
  private static final byte[] SCRIPT = {'#', '!'};
  private static final int ELF_HEADER_BYTES = 20;
  private static final int MACHINE = 18;
  private static final Map<Integer, String> MACHINES =
      Map.of(0x03, "x86", 0x15, "ppc64", 0x16, "s390x", 0x3e, "x86-64", 0xb7, "aarch64");

  private EnvironmentPython() {}

  /**
   * Returns the path of the Python in an environment.
   *
   * @throws IOException if there is none, or it does not start
   */
  static Path find(Path environment) throws IOException {
    Path python = environment.resolve(NAME);
    checkFile(python);
    checkBase(environment.resolve("pyvenv.cfg"));
    checkArchitecture(python);
    start(python);
    return python;
  }

  private static void checkFile(Path python) throws IOException {
    if (!Files.exists(python, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(
          "It has no file 'bin/python'. Valid is a venv, or what venv-pack or conda-pack wrote, at"
              + " the top of the archive or in its only directory.");
    }
    for (Path step = python; Files.isSymbolicLink(step); ) {
      step = step.resolveSibling(Files.readSymbolicLink(step));
      if (!Files.exists(step, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(
            String.format(
                "Its base interpreter '%s' does not exist on this host.%s", step, BASE_REMEDY));
      }
    }
    if (!Files.isRegularFile(python) || !Files.isExecutable(python)) {
      throw new IOException(
          "Its file 'bin/python' is not executable. Pack it by a tool that keeps permissions, for"
              + " example 'venv-pack', 'tar czf' or 'zip -ry'.");
    }
  }

  private static void checkBase(Path settings) throws IOException {
    if (!Files.isRegularFile(settings)) {
      return;
    }
    Matcher home = HOME.matcher(Files.readString(settings));
    if (home.find() && !Files.isDirectory(Paths.get(home.group(1)))) {
      throw new IOException(
          String.format(
              "Its base interpreter is in '%s', as its pyvenv.cfg says, which does not exist on this"
                  + " host.%s",
              home.group(1), BASE_REMEDY));
    }
  }

  /** Java starts a program of another architecture as a shell script. */
  private static void checkArchitecture(Path python) throws IOException {
    byte[] header = header(python);
    if (startsWith(header, SCRIPT)) {
      return;
    }
    byte[] ours = header(Paths.get("/proc/self/exe"));
    if (!startsWith(header, ELF)) {
      throw new IOException(
          "Its file 'bin/python' is not a program for Linux. Pack the environment on Linux "
              + machine(ours)
              + ".");
    }
    if (!machine(header).equals(machine(ours))) {
      throw new IOException(
          String.format(
              "It was built for %s, and this host is %s. Pack it on a host of this architecture.",
              machine(header), machine(ours)));
    }
  }

  private static byte[] header(Path program) throws IOException {
    try (InputStream in = Files.newInputStream(program)) {
      return Arrays.copyOf(in.readNBytes(ELF_HEADER_BYTES), ELF_HEADER_BYTES);
    }
  }

  private static boolean startsWith(byte[] header, byte[] start) {
    return Arrays.equals(header, 0, start.length, start, 0, start.length);
  }

  private static String machine(byte[] header) {
    boolean isBigEndian = header[5] == 2;
    int machine =
        (header[isBigEndian ? MACHINE + 1 : MACHINE] & 0xff)
            | (header[isBigEndian ? MACHINE : MACHINE + 1] & 0xff) << 8;
    return Optional.ofNullable(MACHINES.get(machine)).orElse("machine " + machine);
  }

  /** Runs nothing, which needs the libraries and the standard library. */
  private static void start(Path python) throws IOException {
    File output = File.createTempFile("pyflink-ml-embedded-", ".txt");
    Process process = null;
    try {
      process =
          JdkThreads.start(
              new ProcessBuilder(python.toString(), "-I", "-S", "-c", "")
                  .redirectErrorStream(true)
                  .redirectOutput(output));
      process.getOutputStream().close();
      if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("Its Python did not start within " + TIMEOUT.toSeconds() + " s.");
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            String.format(
                "Its Python does not start on this host; it ended with exit code %d and printed:\n"
                    + "%s\nIts libraries must be in the environment or installed on every"
                    + " TaskManager.",
                process.exitValue(), text(output)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Interrupts.interrupted();
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      Files.delete(output.toPath());
    }
  }

  private static String text(File output) throws IOException {
    try (InputStream in = Files.newInputStream(output.toPath())) {
      return new String(in.readNBytes(QUOTED_BYTES)).strip();
    }
  }
}
