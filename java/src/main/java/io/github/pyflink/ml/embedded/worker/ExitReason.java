// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.util.Map;

/** Describes how a process ended, as the predicate of a sentence. */
final class ExitReason {

  /** What the JDK adds to the number of the signal that ended a process. */
  private static final int SIGNALLED = 128;

  private static final Map<Integer, String> SIGNALS =
      Map.ofEntries(
          Map.entry(1, "SIGHUP"),
          Map.entry(2, "SIGINT"),
          Map.entry(3, "SIGQUIT"),
          Map.entry(4, "SIGILL"),
          Map.entry(5, "SIGTRAP"),
          Map.entry(6, "SIGABRT"),
          Map.entry(7, "SIGBUS"),
          Map.entry(8, "SIGFPE"),
          Map.entry(9, "SIGKILL"),
          Map.entry(11, "SIGSEGV"),
          Map.entry(13, "SIGPIPE"),
          Map.entry(14, "SIGALRM"),
          Map.entry(15, "SIGTERM"),
          Map.entry(24, "SIGXCPU"),
          Map.entry(25, "SIGXFSZ"),
          Map.entry(31, "SIGSYS"));

  private ExitReason() {}

  static String of(int exitValue) {
    int signal = exitValue - SIGNALLED;
    if (signal < 1 || signal > 64) {
      return "ended with exit code " + exitValue;
    }
    return "was killed by " + SIGNALS.getOrDefault(signal, "signal " + signal);
  }
}
