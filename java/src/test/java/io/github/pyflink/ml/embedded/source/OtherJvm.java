// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A second process that opens a model, reports that, and keeps it open until it is asked to close
 * it. Owns the process; closing kills it.
 */
final class OtherJvm implements AutoCloseable {

  private final Process process;
  private final BufferedReader output;

  private OtherJvm(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Opens a model of {@code far:}; after {@code stopAfter} bytes, reports that and stops reading.
   */
  static OtherJvm opening(Path model, Path cache, long maxBytes, long stopAfter)
      throws IOException {
    return new OtherJvm(
        new ProcessBuilder(
                Paths.get(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OtherJvm.class.getName(),
                model.toString(),
                cache.toString(),
                Long.toString(maxBytes),
                Long.toString(stopAfter))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Returns the next line that begins with the word, without it. */
  String await(String word) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(word)) {
        return line.substring(word.length()).strip();
      }
    }
    throw new IOException("The other JVM exited without the line '" + word + "'");
  }

  void closeModel() throws IOException {
    OutputStream input = process.getOutputStream();
    input.write('\n');
    input.flush();
    await("closed");
  }

  /** Kills the process like {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws Exception {
    long stopAfter = Long.parseLong(args[3]);
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes >= stopAfter) {
            System.out.println("stopped " + bytes);
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    try (ModelDirectory directory =
        Sources.far(Paths.get(args[0]))
            .cachedIn(Paths.get(args[1]))
            .atMost(Long.parseLong(args[2]))
            .open()) {
      System.out.println("open " + FarFileSystem.BYTES_READ.get() + " " + directory.path());
      System.in.read();
    }
    System.out.println("closed");
    System.in.read();
  }
}
