// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_HANDLING_STRATEGY;

import java.io.Serializable;
import org.apache.flink.configuration.ReadableConfig;

/** How rows are handled whose prediction fails. */
final class ErrorHandling implements Serializable {

  private static final long serialVersionUID = 1L;

  final ErrorHandlingStrategy strategy;

  private ErrorHandling(ErrorHandlingStrategy strategy) {
    this.strategy = strategy;
  }

  /** Reads the options of a model. */
  static ErrorHandling of(ReadableConfig options) {
    return new ErrorHandling(options.get(ERROR_HANDLING_STRATEGY));
  }
}
