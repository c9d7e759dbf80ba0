// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_CONCURRENT_OPERATIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_MAX_CONCURRENT_OPERATIONS;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.configuration.ReadableConfig;

/** What Flink allows the rows of one subtask that it has in flight. */
final class InFlight implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The most rows. */
  final int rows;

  /** How long after Flink has taken a row the job fails. */
  final Duration timeout;

  private InFlight(int rows, Duration timeout) {
    this.rows = rows;
    this.timeout = timeout;
  }

  /** Reads the options of Flink's configuration. */
  static InFlight of(ReadableConfig flink) {
    return new InFlight(flink.get(TABLE_MAX_CONCURRENT_OPERATIONS), flink.get(TABLE_ASYNC_TIMEOUT));
  }

  /** Returns these options, overridden by those in the CONFIG of a query. */
  InFlight with(ReadableConfig query) {
    return new InFlight(
        query.getOptional(MAX_CONCURRENT_OPERATIONS).orElse(rows),
        query.getOptional(ASYNC_TIMEOUT).orElse(timeout));
  }
}
