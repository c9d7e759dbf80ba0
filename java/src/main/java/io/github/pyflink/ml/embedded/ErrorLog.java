// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs rows that fail: with its traceback one of each class of error a minute, and of the others
 * their number. For one thread at a time.
 */
final class ErrorLog {

  private static final Logger LOG = LoggerFactory.getLogger(ErrorLog.class);
  private static final long INTERVAL = Duration.ofMinutes(1).toNanos();

  private static final class Kind {
    long loggedAt;
    long others;
  }

  private final String model;
  private final LongSupplier clock;
  private final Map<String, Kind> kinds = new LinkedHashMap<>();

  /**
   * Creates the log of one subtask.
   *
   * @param clock as {@link System#nanoTime}
   */
  ErrorLog(String model, LongSupplier clock) {
    this.model = model;
    this.clock = clock;
  }

  /**
   * Logs a failure, or counts it where one like it was logged in the last minute.
   *
   * @param what happens, as "A row is dropped"
   */
  void warn(String what, RuntimeException failure) {
    String name = what + " after " + FailureKind.className(failure);
    long now = clock.getAsLong();
    Kind kind = kinds.get(name);
    if (kind == null) {
      kind = new Kind();
      kinds.put(name, kind);
    } else if (now - kind.loggedAt < INTERVAL) {
      kind.others++;
      return;
    }
    kind.loggedAt = now;
    LOG.warn("{}: {}", what, failure.getMessage());
    logOthers(name, kind);
  }

  /** Logs the numbers of the failures that were only counted. */
  void close() {
    kinds.forEach(this::logOthers);
  }

  private void logOthers(String name, Kind kind) {
    if (kind.others > 0) {
      LOG.warn("model '{}': {} times more: {}", model, kind.others, name);
      kind.others = 0;
    }
  }
}
