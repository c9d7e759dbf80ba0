// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** When the rows of a subtask are due: phases that follow each other, each with its own pace. */
final class Phases {

  /** The time of a row after the last phase. */
  static final long NEVER = Long.MAX_VALUE;

  private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

  private final double[] rowsPerSecond; // 0: as many as the job accepts
  private final long[] nanos;

  private int phase;
  private long start; // of the phase, in nanoseconds since the first row
  private long emitted; // in the phase

  /**
   * Reads phases.
   *
   * @param phases rows per second and seconds of each, with a space between them
   * @throws IllegalArgumentException if one is not two such numbers
   */
  Phases(List<String> phases) {
    rowsPerSecond = new double[phases.size()];
    nanos = new long[phases.size()];
    for (int index = 0; index < nanos.length; index++) {
      String[] numbers = phases.get(index).trim().split(" ");
      if (numbers.length != 2) {
        throw new IllegalArgumentException("phase " + index + " is not two numbers");
      }
      rowsPerSecond[index] = Double.parseDouble(numbers[0]);
      nanos[index] = Math.round(Double.parseDouble(numbers[1]) * SECOND);
    }
  }

  /**
   * Returns when the next row is due, or {@link #NEVER}.
   *
   * @param now nanoseconds since the first row, as is the result
   */
  long due(long now) {
    for (; phase < nanos.length; phase++, emitted = 0) {
      if (rowsPerSecond[phase] == 0) {
        long due = Math.max(now, start);
        if (due < start + nanos[phase]) {
          return due;
        }
      } else if (emitted < Math.round(rowsPerSecond[phase] * nanos[phase] / SECOND)) {
        return start + (long) (emitted * SECOND / rowsPerSecond[phase]);
      }
      start += nanos[phase];
    }
    return NEVER;
  }

  /** Counts a row that was due. */
  void emitted() {
    emitted++;
  }
}
