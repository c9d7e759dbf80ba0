// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The processes that a worker has started and that have not left its process group. */
final class ProcessGroup {

  private static final Path PROC = Path.of("/proc");

  /** How often processes that are started meanwhile are looked for. */
  private static final int PASSES = 5;

  private ProcessGroup() {}

  /** Kills the processes of a group. */
  static void kill(long group) {
    for (int pass = 0; pass < PASSES; pass++) {
      List<Long> members = members(group);
      if (members.isEmpty()) {
        return;
      }
      for (long member : members) {
        ProcessHandle.of(member).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }

  /** Returns the processes that run. */
  private static List<Long> members(long group) {
    List<Long> members = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (isMember(process, group)) {
          members.add(Long.parseLong(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return members;
  }

  private static boolean isMember(Path process, long group) {
    String stat;
    try {
      stat = new String(Files.readAllBytes(process.resolve("stat")), ISO_8859_1);
    } catch (IOException e) { // it has ended
      return false;
    }
    // The name of the program, in parentheses, may have any characters.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    boolean hasEnded = fields[0].equals("Z") || fields[0].equals("X");
    return !hasEnded && Long.parseLong(fields[2]) == group;
  }
}
