// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** Passes what a worker writes to SLF4J, as {@code native/log.c} does in this process. */
final class WorkerLog {

  /** Distinguishes Python's records from those of Java. */
  private static final Marker MARKER = MarkerFactory.getMarker("pyflink-ml-embedded.python");

  private static final Logger OUTPUT = LoggerFactory.getLogger("pyflink_ml_embedded.worker");

  // The levels of Python's logging.
  private static final int ERROR = 40;
  private static final int WARNING = 30;
  private static final int INFO = 20;
  private static final int DEBUG = 10;
  private static final int NOTSET = 0;

  private WorkerLog() {}

  /** Logs a line of the standard error of a model's process. */
  static void line(String model, String line) {
    OUTPUT.info(MARKER, "model '{}': {}", model, line);
  }

  /** Logs a record of Python's logging. */
  static void record(String name, int level, String text) {
    Logger logger = LoggerFactory.getLogger(name);
    if (level >= ERROR) {
      logger.error(MARKER, text);
    } else if (level >= WARNING) {
      logger.warn(MARKER, text);
    } else if (level >= INFO) {
      logger.info(MARKER, text);
    } else if (level >= DEBUG) {
      logger.debug(MARKER, text);
    } else {
      logger.trace(MARKER, text);
    }
  }

  /** Returns the lowest level that is logged. */
  static int level() {
    Logger root = LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    if (root.isTraceEnabled()) {
      return NOTSET;
    }
    if (root.isDebugEnabled()) {
      return DEBUG;
    }
    if (root.isInfoEnabled()) {
      return INFO;
    }
    return root.isWarnEnabled() ? WARNING : ERROR;
  }
}
