// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** Predicts rows by one version of a model on another thread. */
interface AsyncPredictor extends Predictor {

  /**
   * Takes a row, and completes it later.
   *
   * @param row whose number is one more than that of the row before
   * @throws IllegalArgumentException if a field does not fit its column; the row is not taken
   * @throws io.github.pyflink.ml.embedded.python.PythonException if there is not enough memory for
   *     the row, or the function's process has ended and cannot be replaced
   * @throws InterruptedException if the thread was interrupted while it waited for capacity
   */
  void add(PendingRow row) throws InterruptedException;
}
