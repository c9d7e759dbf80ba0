// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.nio.file.FileSystemException;

/** The texts of exceptions, as parts of a message. */
final class Problems {

  private Problems() {}

  /** Returns the message; one that is not a sentence is completed by the messages of its causes. */
  static String text(Throwable problem) {
    StringBuilder text = new StringBuilder(message(problem));
    Throwable cause = problem.getCause();
    for (; cause != null && text.charAt(text.length() - 1) != '.'; cause = cause.getCause()) {
      if (text.indexOf(message(cause)) < 0) {
        text.append(": ").append(message(cause));
      }
    }
    return text.toString();
  }

  /** Returns the message, with the exception's class where it is only a path or missing. */
  private static String message(Throwable problem) {
    String message = problem.getMessage();
    String type = problem.getClass().getSimpleName();
    if (message == null || message.isEmpty()) {
      return type;
    }
    boolean isPath =
        problem instanceof FileSystemException
            && ((FileSystemException) problem).getReason() == null;
    return isPath ? type + ": " + message : message;
  }
}
