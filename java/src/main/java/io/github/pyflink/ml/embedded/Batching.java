// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SHARE_PYTHON_THREAD;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** How rows are gathered into batches. */
final class Batching implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The most rows of one call. */
  final int size;

  /** How long a row waits for more rows while Python is free. */
  final Duration timeout;

  /** Whether the subtasks of a model in one TaskManager call Python on one thread. */
  final boolean sharedThread;

  private Batching(int size, Duration timeout, boolean sharedThread) {
    this.size = size;
    this.timeout = timeout;
    this.sharedThread = sharedThread;
  }

  /**
   * Reads the options of a model.
   *
   * @throws ValidationException if an option has an invalid value
   */
  static Batching of(ReadableConfig options) {
    return new Batching(
        size(options.get(BATCH_SIZE)),
        timeout(options.get(BATCH_TIMEOUT)),
        options.get(SHARE_PYTHON_THREAD));
  }

  /**
   * Returns these options, overridden by those in the CONFIG of a query.
   *
   * @throws ValidationException if an option has an invalid value
   */
  Batching with(ReadableConfig query) {
    OptionValues.check(query, List.of(BATCH_SIZE, BATCH_TIMEOUT));
    return new Batching(
        size(query.getOptional(BATCH_SIZE).orElse(size)),
        timeout(query.getOptional(BATCH_TIMEOUT).orElse(timeout)),
        sharedThread);
  }

  private static int size(int size) {
    OptionValues.require(size >= 1, BATCH_SIZE, size, "at least 1");
    return size;
  }

  private static Duration timeout(Duration timeout) {
    OptionValues.require(!timeout.isNegative(), BATCH_TIMEOUT, timeout, "0 or more");
    return timeout;
  }
}
