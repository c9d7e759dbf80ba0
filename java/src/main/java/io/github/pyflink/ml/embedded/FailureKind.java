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

  /**
   * Returns whether a row is the cause of a failure. Where Python cannot run, a worker process
   * cannot be replaced or no memory is left, it is not, and the job fails.
   */
  static boolean isOfRow(RuntimeException failure) {
    return failure instanceof PythonException
        ? ((PythonException) failure).failedRow().isPresent()
        : failure instanceof IllegalArgumentException;
  }

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

  /**
   * Returns the name of the class of a row's failure: that of the Python exception, with its
   * module, or INPUT or WORKER where no exception was raised.
   */
  static String className(RuntimeException failure) {
    return failure instanceof PythonException && !classNames(failure).isEmpty()
        ? classNames(failure).get(0)
        : of(failure).name();
  }

  private static List<String> classNames(RuntimeException failure) {
    return ((PythonException) failure).classNames();
  }
}
