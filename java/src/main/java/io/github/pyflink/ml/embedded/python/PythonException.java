package io.github.pyflink.ml.embedded.python;

/**
 * Python could not be started, or Python code failed.
 *
 * <p>For a failure in Python code the message holds the model, the number of the row, and type,
 * message and traceback of the Python exception with its causes. It never holds values of the row.
 */
public final class PythonException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public PythonException(String message) {
    super(message);
  }

  PythonException(String message, Throwable cause) {
    super(message, cause);
  }
}
