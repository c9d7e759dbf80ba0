// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.time.Duration;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Collectors;

/** The ends of the processes of one place within the restart window. For one thread at a time. */
final class Restarts {

  private final WorkerModel model;
  private final Deque<Restart> recent = new ArrayDeque<>();

  Restarts(WorkerModel model) {
    this.model = model;
  }

  /**
   * Adds the end of a process.
   *
   * @throws RestartsExceededException if there are more than process-max-restarts within
   *     process-restart-window
   */
  void add(String reason) {
    long now = System.nanoTime();
    Duration window = model.options.restartWindow;
    recent.removeIf(restart -> now - restart.nanos > window.toNanos());
    recent.add(new Restart(now, reason));
    if (recent.size() > model.options.maxRestarts) {
      throw new RestartsExceededException(
          String.format(
              "model '%s': its worker process has ended %d times within %d s, and"
                  + " 'process-max-restarts' is %d. Correct the model, or set a larger number.%n%s",
              model.name,
              recent.size(),
              window.toSeconds(),
              model.options.maxRestarts,
              recent.stream().map(Restart::toString).collect(Collectors.joining("\n"))));
    }
  }

  private static final class Restart {

    private final long nanos;
    private final LocalTime time = LocalTime.now().truncatedTo(ChronoUnit.SECONDS);
    private final String reason;

    Restart(long nanos, String reason) {
      this.nanos = nanos;
      this.reason = reason;
    }

    @Override
    public String toString() {
      return "- " + time + ": " + reason;
    }
  }
}
