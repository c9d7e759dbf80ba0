// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

/** The rows that were predicted when a process ended, by number. For one thread at a time. */
final class Suspects {

  private long first;

  /** The number behind the last one. */
  private long end;

  /** Replaces the rows. */
  void set(long first, int count) {
    this.first = first;
    this.end = first + count;
  }

  /** Removes rows that have been predicted, or that have been found to be the cause. */
  void clear(long predicted, int count) {
    if (predicted <= first) {
      first = Math.max(first, predicted + count);
    }
  }

  /** Returns whether one of these rows is among them. */
  boolean overlap(long number, int count) {
    return number < end && first < number + count;
  }
}
