// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;

/**
 * Calls a Python predict function for each row, on the thread that calls {@link #predict} or, with
 * the option python-thread, on another one that it waits for.
 *
 * <p>Owns the open versions of the model from {@link #open} to {@link #close}. For one thread at a
 * time.
 */
public final class GenericPythonPredictFunction extends PredictFunction
    implements SpecializedFunction {

  private static final long serialVersionUID = 1L;

  /** The latency of one of these rows is measured. Each time that the clock is read costs 25 ns. */
  private static final int MEASURED_ROWS = 64;

  /** After a row that takes longer, the next one is measured too. */
  private static final long LONG_NANOS = 20_000;

  private final PythonModel model;
  private final boolean pythonThread;
  private final ErrorHandling errorHandling;
  private final ModelVersions<RowPredictor> versions;

  private long rowNumber;
  private transient PredictMetrics metrics;
  private transient FailedRows failedRows;
  private transient Histogram latency;

  /** The number of the next row whose latency is measured. */
  private transient long nextMeasured;

  GenericPythonPredictFunction(
      PythonModel model, boolean pythonThread, ErrorHandling errorHandling) {
    this.model = model;
    this.pythonThread = pythonThread;
    this.errorHandling = errorHandling;
    this.versions = new ModelVersions<>(model);
  }

  /**
   * Returns a function for the types of the columns that a query binds to the input.
   *
   * @throws org.apache.flink.table.api.ValidationException if the columns of the input would change
   *     the values
   */
  @Override
  public UserDefinedFunction specialize(SpecializedContext context) {
    return new GenericPythonPredictFunction(model.boundTo(context), pythonThread, errorHandling);
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens the Python predict function of
   * the model's newest version.
   *
   * @throws IOException if the model's files cannot be read or fetched
   * @throws PythonException if Python cannot run here, or the function cannot be loaded or opened
   */
  @Override
  public void open(FunctionContext context) throws IOException {
    versions.requireNew();
    metrics = new PredictMetrics(context, model, SimpleCounter::new, () -> rowNumber);
    latency = metrics.latency();
    failedRows = new FailedRows(model.name(), errorHandling, metrics);
    String threadKey = pythonThread ? UUID.randomUUID().toString() : null;
    versions.open(
        Subtask.of(context), null, metrics, version -> new RowPredictor(model, version, threadKey));
  }

  /**
   * Predicts one row.
   *
   * @param row the columns of the model's INPUT, as a {@link GenericRowData} like all rows that
   *     Flink passes; its values are removed when this call or the emission of its result fails,
   *     because Flink prints the row
   * @return any number of rows of the model's OUTPUT, which own their values
   * @throws PythonException if the Python function fails, or returns what does not fit the model's
   *     OUTPUT, unless the model ignores errors
   */
  @Override
  public Collection<RowData> predict(RowData row) {
    GenericRowData data = (GenericRowData) row;
    try {
      return new PredictedRows(predictOrReplace(data), data);
    } catch (RuntimeException | Error e) {
      PredictedRows.hideValues(data);
      throw e;
    }
  }

  /**
   * Closes the model's versions; a second call has no effect.
   *
   * @throws PythonException if the close of the function that predicted last failed
   */
  @Override
  public void close() {
    versions.close();
    if (failedRows != null) {
      failedRows.close();
    }
  }

  private List<RowData> predictOrReplace(GenericRowData row) {
    rowNumber++;
    if (rowNumber < nextMeasured) {
      return predictUntilDone(row);
    }
    long began = System.nanoTime();
    List<RowData> rows = predictUntilDone(row);
    long took = System.nanoTime() - began;
    latency.update(took);
    nextMeasured = rowNumber + (took > LONG_NANOS ? 1 : MEASURED_ROWS);
    return rows;
  }

  private List<RowData> predictUntilDone(GenericRowData row) {
    for (int tries = 1; ; tries++) {
      try {
        List<RowData> rows = versions.current().predict(row, rowNumber);
        metrics.succeeded(1, rows.size());
        return rows;
      } catch (PythonException | IllegalArgumentException e) {
        if (!FailureKind.isOfRow(e)) {
          throw e;
        }
        Duration wait = failedRows.retryAfter(tries, e);
        if (wait == null) {
          return failedRows.replace(rowNumber, e);
        }
        sleep(wait);
      }
    }
  }

  /** Waits for the next try of a row, which blocks the rows behind it. */
  private void sleep(Duration wait) {
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "Interrupted while a row of model '" + model.name() + "' waited for its next try", e);
    }
  }
}
