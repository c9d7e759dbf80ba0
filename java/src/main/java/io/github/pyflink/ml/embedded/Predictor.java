// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** Predicts rows by one version of a model, which it owns. */
interface Predictor extends AutoCloseable {

  /** Returns the version, which is closed with this object. */
  OpenModel version();

  /**
   * Predicts the rows in flight without waiting for more, because no row follows.
   *
   * @param whenDrained is run once, on any thread, when all rows are completed; not run where this
   *     is closed before
   */
  void drain(Runnable whenDrained);

  /**
   * Completes the rows in flight, and closes the version; a second call has no effect.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function's own close failed
   */
  @Override
  void close();
}
