// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The memory of this JVM and its worker processes that is not the heap's. */
final class OffHeap {

  private OffHeap() {}

  /** Returns the resident memory without files. The heap of tests is always resident. */
  static long bytes() throws IOException {
    List<Long> processes = new ArrayList<>(List.of(ProcessHandle.current().pid()));
    Workers.processes().forEach(worker -> processes.add(worker.pid()));
    long kilobytes = 0;
    for (long pid : processes) {
      for (String line : status(pid)) {
        if (line.startsWith("RssAnon:") || line.startsWith("RssShmem:")) {
          kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    }
    return kilobytes << 10;
  }

  private static List<String> status(long pid) throws IOException {
    try {
      return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"));
    } catch (NoSuchFileException e) { // the process has ended
      return List.of();
    }
  }
}
