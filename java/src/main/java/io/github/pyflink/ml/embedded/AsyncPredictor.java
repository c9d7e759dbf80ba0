// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import org.apache.flink.table.data.GenericRowData;

/** Predicts rows by one version of a model on another thread. */
interface AsyncPredictor extends Predictor {

  /**
   * Takes a row and returns the future of its results, which is completed once.
   *
   * @param number of the row, one more than that of the row before
   * @throws InterruptedException if the thread was interrupted while it waited for capacity
   */
  PendingRow predict(GenericRowData data, long number) throws InterruptedException;
}
