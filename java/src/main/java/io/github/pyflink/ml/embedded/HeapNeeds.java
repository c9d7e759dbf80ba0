// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_CONCURRENT_OPERATIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_MAX_CONCURRENT_OPERATIONS;

import org.apache.flink.configuration.MemorySize;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns once where the heap may be too small for the rows that Flink holds: those in flight, and up
 * to 2.3 also as many that its operator has emitted before. For one thread at a time.
 */
final class HeapNeeds {

  private static final Logger LOG = LoggerFactory.getLogger(HeapNeeds.class);

  private final String model;
  private final InFlight inFlight;
  private boolean hasWarned;

  HeapNeeds(String model, InFlight inFlight) {
    this.model = model;
    this.inFlight = inFlight;
  }

  /**
   * Compares the heap with the rows in flight.
   *
   * @param bytes those of a row
   */
  void check(long bytes) {
    long heap = Runtime.getRuntime().maxMemory();
    if (hasWarned || bytes * inFlight.rows <= heap / 2) {
      return;
    }
    hasWarned = true;
    LOG.warn(
        "Model '{}': a row takes {}, and Flink holds up to {} rows of a subtask in memory, for which"
            + " the JVM's heap of {} may be too small. Set '{}' to {} or less, or '{}' in the"
            + " CONFIG of ML_PREDICT, or use a larger heap.",
        model,
        new MemorySize(bytes).toHumanReadableString(),
        inFlight.rows,
        new MemorySize(heap).toHumanReadableString(),
        TABLE_MAX_CONCURRENT_OPERATIONS.key(),
        Math.max(1, heap / 4 / bytes),
        MAX_CONCURRENT_OPERATIONS.key());
  }
}
