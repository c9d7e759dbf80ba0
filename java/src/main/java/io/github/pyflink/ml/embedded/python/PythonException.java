// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.util.List;
import java.util.OptionalInt;
import javax.annotation.Nullable;

/**
 * Python could not be started, or Python code failed.
 *
 * <p>The message of a failure in Python code contains the model, the row number, and the type,
 * message and traceback of the Python exception and its causes. It never contains values of the
 * row.
 */
public class PythonException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final String TIMEOUT_ERROR = "pyflink_ml_embedded.PredictTimeoutError";

  /** The class names of a call that took too long. */
  public static final String TIMEOUT = TIMEOUT_ERROR + ",BaseException";

  private static final int NO_ROW = -1;

  private final int failedRow;
  private final String classNames;

  public PythonException(String message) {
    this(message, NO_ROW, null);
  }

  /**
   * Creates the failure of one row. Native code calls this constructor too.
   *
   * @param failedRow the index in the batch, or -1 where it is unknown
   * @param classNames those of the Python exception and of its base classes, separated by commas;
   *     null where there is none
   */
  public PythonException(String message, int failedRow, @Nullable String classNames) {
    super(message);
    this.failedRow = failedRow;
    this.classNames = classNames == null ? "" : classNames;
  }

  /**
   * Returns the names of the Python exception's class and of its base classes, the most derived one
   * first; empty if no Python exception was raised. Built-in classes have no module in their names.
   */
  public List<String> classNames() {
    return classNames.isEmpty() ? List.of() : List.of(classNames.split(","));
  }

  /** Returns whether Python has ended the call because it took too long. */
  public boolean isTimeout() {
    return classNames().contains(TIMEOUT_ERROR);
  }

  /** Returns the index in the batch of the row that failed; empty if it is unknown. */
  public OptionalInt failedRow() {
    return failedRow == NO_ROW ? OptionalInt.empty() : OptionalInt.of(failedRow);
  }
}
