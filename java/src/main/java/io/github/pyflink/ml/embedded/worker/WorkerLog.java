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

  private static final Logger OUTPUT = LoggerFactory.getLogger("pyflink_ml_embedded.output");

  // The levels of Python's logging.
  private static final int ERROR = 40;
  private static final int WARNING = 30;
  private static final int INFO = 20;
  private static final int DEBUG = 10;
  private static final int TRACE = 1;

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

  /** Returns the lowest level that the root logger writes. */
  static int level() {
    return level(Logger.ROOT_LOGGER_NAME);
  }

  /** Returns the lowest level that the logger of a name writes. */
  static int level(String name) {
    Logger logger = LoggerFactory.getLogger(name);
    if (logger.isTraceEnabled()) {
      return TRACE;
    }
    if (logger.isDebugEnabled()) {
      return DEBUG;
    }
    if (logger.isInfoEnabled()) {
      return INFO;
    }
    return logger.isWarnEnabled() ? WARNING : ERROR;
  }
}
