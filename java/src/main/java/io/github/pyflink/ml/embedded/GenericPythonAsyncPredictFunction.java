// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.Awaiting;
import io.github.pyflink.ml.embedded.python.PythonException;
import java.io.IOException;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;

/**
 * Calls a Python predict function for batches of rows, or for many rows at once that await, on a
 * separate thread.
 *
 * <p>Owns the open versions of the model from {@link #open} to {@link #close}. For one thread at a
 * time.
 */
public final class GenericPythonAsyncPredictFunction extends AsyncPredictFunction
    implements SpecializedFunction {

  private static final long serialVersionUID = 1L;

  private final PythonModel model;
  private final Batching batching;
  private final InFlight inFlight;
  private final ErrorHandling errorHandling;
  private final ModelVersions<AsyncPredictor> versions;

  private long rowNumber;
  private transient FailedRows failedRows;

  GenericPythonAsyncPredictFunction(
      PythonModel model, Batching batching, InFlight inFlight, ErrorHandling errorHandling) {
    this.model = model;
    this.batching = batching;
    this.inFlight = inFlight;
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
    return new GenericPythonAsyncPredictFunction(
        model.boundTo(context), batching, inFlight, errorHandling);
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
    PredictMetrics metrics =
        new PredictMetrics(context, model, ThreadSafeSimpleCounter::new, () -> rowNumber);
    failedRows = new FailedRows(model.name(), errorHandling, metrics);
    BatchHistograms histograms = new BatchHistograms(metrics);
    String ownThread = UUID.randomUUID().toString();
    versions.open(
        Subtask.of(context),
        batching,
        metrics,
        version ->
            version.function().awaiting() == Awaiting.NOTHING
                ? new BatchPredictor(
                    model,
                    version,
                    batching,
                    inFlight,
                    failedRows,
                    metrics,
                    histograms,
                    sharesThread(version) ? model.identity() : ownThread)
                : new AwaitingPredictor(
                    model, version, batching, inFlight, failedRows, metrics, histograms));
  }

  /** Threads that wait for the GIL share one; others run beside each other. */
  private boolean sharesThread(OpenModel version) {
    return batching.sharedThread && version.function().waitsForGil();
  }

  /**
   * Takes a row for the next batch.
   *
   * @param row the columns of the model's INPUT, as a {@link GenericRowData} like all rows that
   *     Flink passes; its values are removed before its future fails, because Flink prints the row
   * @return a future of any number of rows of the model's OUTPUT, which own their values. It is
   *     completed once and never with null: with a {@link PythonException} where Python fails for
   *     this row, and with no rows where the function is closed before the row is predicted
   */
  @Override
  public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
    AsyncPredictor predictor = versions.current();
    PendingRow pending = new PendingRow((GenericRowData) row, ++rowNumber);
    try {
      predictor.add(pending);
    } catch (IllegalArgumentException e) { // which is never worth another try
      failedRows.resolve(pending, model.rowFailure(rowNumber, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a batch had no capacity", e);
    }
    return pending;
  }

  /**
   * Waits until Python has left the model's versions, and closes them; a second call has no effect.
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
}
