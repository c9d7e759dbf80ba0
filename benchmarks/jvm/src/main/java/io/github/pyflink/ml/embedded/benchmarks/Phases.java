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
  private final double[] shares; // of the maximum; 0 if rowsPerSecond was given
  private final long[] nanos;

  private int phase;
  private long start; // of the phase, in nanoseconds since the first row
  private long emitted; // in the phase
  private long middle; // of a phase without a pace: when its second half began
  private long emittedUntilMiddle;
  private double maximum; // rows per second of the second half of the last phase without a pace

  /**
   * Reads phases.
   *
   * @param phases pace and seconds of each, with a space between them. A pace is rows per second, 0
   *     for as many rows as the job accepts, or a percentage of how many it accepted in the second
   *     half of the last such phase: {@code "0 2.5"}, then {@code "50% 1.5"}
   * @throws IllegalArgumentException if one is not such a pair
   */
  Phases(List<String> phases) {
    rowsPerSecond = new double[phases.size()];
    shares = new double[phases.size()];
    nanos = new long[phases.size()];
    for (int index = 0; index < nanos.length; index++) {
      String[] pair = phases.get(index).trim().split(" ");
      if (pair.length != 2) {
        throw new IllegalArgumentException("phase " + index + " is not a pace and seconds");
      }
      if (pair[0].endsWith("%")) {
        shares[index] = Double.parseDouble(pair[0].substring(0, pair[0].length() - 1)) / 100;
      } else {
        rowsPerSecond[index] = Double.parseDouble(pair[0]);
      }
      nanos[index] = Math.round(Double.parseDouble(pair[1]) * SECOND);
    }
    if (shares.length > 0 && shares[0] > 0) {
      throw new IllegalArgumentException("phase 0 is a share of a rate that is not known");
    }
  }

  /**
   * Returns when the next row is due, or {@link #NEVER}.
   *
   * @param now nanoseconds since the first row, as is the result
   */
  long due(long now) {
    while (phase < nanos.length) {
      if (rowsPerSecond[phase] == 0) {
        long due = Math.max(now, start);
        if (due < start + nanos[phase]) {
          noteMiddle(due);
          return due;
        }
        maximum = Math.max(1, emitted - emittedUntilMiddle) * SECOND / (due - middle);
      } else if (emitted < Math.round(rowsPerSecond[phase] * nanos[phase] / SECOND)) {
        return start + (long) (emitted * SECOND / rowsPerSecond[phase]);
      }
      begin(phase + 1);
    }
    return NEVER;
  }

  private void noteMiddle(long now) {
    if (middle == start && now >= start + nanos[phase] / 2) {
      middle = now;
      emittedUntilMiddle = emitted;
    }
  }

  private void begin(int next) {
    start += nanos[phase];
    middle = start;
    emitted = 0;
    emittedUntilMiddle = 0;
    phase = next;
    if (next < nanos.length && shares[next] > 0) {
      rowsPerSecond[next] = shares[next] * maximum;
    }
  }

  /** Counts a row that was due. */
  void emitted() {
    emitted++;
  }

  /** Returns the rows per second of each phase; 0 if it has no pace, or has not begun. */
  double[] rowsPerSecond() {
    return rowsPerSecond.clone();
  }
}
