// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.util.List;

/** Why a row has failed. */
enum FailureKind {
  /** The model's code raised an exception. */
  PYTHON,
  /** A result does not fit the model's OUTPUT. */
  RESULT,
  /** A field does not fit the model's INPUT. */
  INPUT,
  /** The call took longer than the time limit. */
  TIMEOUT,
  /** The row has ended the worker process. */
  WORKER;

  private static final String TIMEOUT_ERROR = ".PredictTimeoutError";
  private static final String RESULT_ERROR = ".ConversionError";

  /** Returns the kind of the failure of a row. */
  static FailureKind of(RuntimeException failure) {
    if (!(failure instanceof PythonException)) {
      return INPUT;
    }
    List<String> classes = ((PythonException) failure).classNames();
    if (classes.isEmpty()) {
      return WORKER;
    }
    if (classes.stream().anyMatch(name -> name.endsWith(TIMEOUT_ERROR))) {
      return TIMEOUT;
    }
    return classes.get(0).endsWith(RESULT_ERROR) ? RESULT : PYTHON;
  }
}
