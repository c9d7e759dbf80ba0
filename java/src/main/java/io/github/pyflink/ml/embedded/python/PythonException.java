// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.util.OptionalInt;

/**
 * Python could not be started, or Python code failed.
 *
 * <p>The message of a failure in Python code contains the model, the row number, and the type,
 * message and traceback of the Python exception and its causes. It never contains values of the
 * row.
 */
public class PythonException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final int NO_ROW = -1;

  private final int failedRow;

  public PythonException(String message) {
    this(message, NO_ROW);
  }

  /**
   * Creates the failure of one row. Native code calls this constructor too.
   *
   * @param failedRow the index in the batch, or -1 where it is unknown
   */
  public PythonException(String message, int failedRow) {
    super(message);
    this.failedRow = failedRow;
  }

  /** Returns the index in the batch of the row that failed; empty if it is unknown. */
  public OptionalInt failedRow() {
    return failedRow == NO_ROW ? OptionalInt.empty() : OptionalInt.of(failedRow);
  }
}
