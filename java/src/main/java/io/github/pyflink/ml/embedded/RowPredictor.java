// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.InputColumns;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Predicts row by row, on the thread that calls or on its own. For one thread at a time. */
final class RowPredictor implements Predictor {

  private final PythonModel model;
  private final OpenModel version;
  private final InputColumns input;
  private final OutputColumns output;

  /** The thread to predict on, or null for the one that calls. */
  @Nullable private final PythonThread thread;

  /**
   * Takes the version.
   *
   * @param threadKey the key of the {@link PythonThread} to predict on, or null to predict on the
   *     thread that calls
   */
  RowPredictor(PythonModel model, OpenModel version, @Nullable String threadKey) {
    this.model = model;
    this.version = version;
    this.input = new InputColumns(version.function(), model.inputType(), model.sourceType());
    this.output = model.outputColumns(version.function());
    this.thread = threadKey == null ? null : PythonThread.open(threadKey, model.name());
  }

  /**
   * Predicts one row.
   *
   * @param number of the row, for messages
   * @throws PythonException if Python code failed, or a result does not fit the output columns; not
   *     of the row, where a worker process cannot be replaced
   * @throws IllegalArgumentException if a field does not fit its column
   */
  List<RowData> predict(GenericRowData row, long number) {
    while (true) {
      try {
        return predictOnce(row, number);
      } catch (WorkerLostException e) { // the row is predicted by the process that replaces it
        version.function().reset(0, 0);
        input.expire();
        output.expire();
      }
    }
  }

  private List<RowData> predictOnce(GenericRowData row, long number) {
    try {
      input.write(0, row);
    } catch (WorkerLostException e) {
      throw e;
    } catch (IllegalArgumentException | PythonException e) { // PythonException: too large
      throw model.rowFailure(number, e);
    }
    int result;
    try {
      result =
          thread == null
              ? version.function().predict(number)
              : thread.call(() -> version.function().predict(number), version.function()::cancel);
    } catch (PythonException e) {
      // An exception carries no bits that say whether memory has moved.
      input.expire();
      output.expire();
      throw e;
    }
    input.expire(result);
    return output.read(result);
  }

  @Override
  public OpenModel version() {
    return version;
  }

  /** Runs the callback at once, because no row is in flight. */
  @Override
  public void drain(Runnable whenDrained) {
    whenDrained.run();
  }

  @Override
  public void close() {
    try {
      version.close();
    } finally {
      if (thread != null) {
        thread.close();
      }
    }
  }
}
