// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

/** The numbers of the requests on a {@link Channel}, which native/function_server.c has too. */
final class Operation {

  static final int PREDICT = 1;
  static final int PREDICT_BATCH = 2;
  static final int CLOSE = 3;
  static final int RESET = 4;
  static final int MEMORY = 5;
  static final int LAYOUT = 6;
  static final int GROW = 7;
  static final int RESERVE = 8;
  static final int OFFSETS = 9;
  static final int METRICS = 10;
  static final int START = 11;
  static final int AWAIT = 12;
  static final int WAKE = 13;
  static final int NUMBERS = 14;

  /** One more than the largest number. */
  static final int COUNT = 15;

  /** The first result of a request that failed; the channel has its text. */
  static final int FAILED = -1;

  /** The first result of a request for which there was no memory. */
  static final int NO_MEMORY = -2;

  private Operation() {}
}
