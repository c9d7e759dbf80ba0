package io.github.pyflink.ml.embedded;

/** Predicts rows by one version of a model, which it owns. */
interface Predictor extends AutoCloseable {

  /** Returns the version, which closes with this. */
  OpenModel version();

  /**
   * Predicts the rows that wait without waiting for more, because no row follows.
   *
   * @param whenDrained is run once when all rows are completed, on this or another thread; not
   *     where this is closed before
   */
  void drain(Runnable whenDrained);

  /**
   * Completes what waits, and closes the version; again, does nothing.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function's own close failed
   */
  @Override
  void close();
}
