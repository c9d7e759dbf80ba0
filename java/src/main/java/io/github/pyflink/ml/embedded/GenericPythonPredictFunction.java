package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.InputColumns;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.NativeFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a Python predict function for each row, on the thread that calls {@link #predict}.
 *
 * <p>Owns the Python function from {@link #open} to {@link #close}. For one thread at a time.
 */
public final class GenericPythonPredictFunction extends PredictFunction
    implements SpecializedFunction {

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(GenericPythonPredictFunction.class);
  private static final int NO_BATCHES = 0;

  private enum State {
    NEW,
    OPEN,
    CLOSED
  }

  private final PythonModel model;
  private final ErrorHandlingStrategy errorHandling;

  private State state = State.NEW;
  private long rowNumber;
  private transient NativeFunction function;
  private transient InputColumns input;
  private transient OutputColumns output;
  private transient PredictMetrics metrics;

  GenericPythonPredictFunction(PythonModel model, ErrorHandlingStrategy errorHandling) {
    this.model = model;
    this.errorHandling = errorHandling;
  }

  /**
   * Returns a function that takes the values of the columns that a query binds to the input.
   *
   * @throws org.apache.flink.table.api.ValidationException if values would be other ones in the
   *     columns of the input
   */
  @Override
  public UserDefinedFunction specialize(SpecializedContext context) {
    return new GenericPythonPredictFunction(model.boundTo(context), errorHandling);
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens the Python predict function.
   *
   * @throws PythonException if Python cannot run here, or the function cannot be loaded or opened
   */
  @Override
  public void open(FunctionContext context) {
    require(State.NEW);
    metrics = new PredictMetrics(context, SimpleCounter::new);
    function = model.open(context.getTaskInfo(), NO_BATCHES);
    input = new InputColumns(function, model.inputType(), model.sourceType());
    output = new OutputColumns(function, model.outputType());
    state = State.OPEN;
  }

  /**
   * Predicts one row.
   *
   * @param row the columns of the model's INPUT, as a {@link GenericRowData} like all that Flink
   *     passes; when this or the emission of its result fails, their values are gone from it,
   *     because Flink prints the row
   * @return any number of rows of the model's OUTPUT, which own their values
   * @throws PythonException if the Python function fails, or returns what does not fit the model's
   *     OUTPUT, unless the model ignores errors
   */
  @Override
  public Collection<RowData> predict(RowData row) {
    GenericRowData data = (GenericRowData) row;
    try {
      require(State.OPEN);
      return new PredictedRows(predictOrIgnore(data), data);
    } catch (RuntimeException | Error e) {
      PredictedRows.hideValues(data);
      throw e;
    }
  }

  /**
   * Closes the Python predict function and releases what it held; again, does nothing.
   *
   * @throws PythonException if the function's own close failed
   */
  @Override
  public void close() {
    state = State.CLOSED;
    input = null;
    output = null;
    if (function != null) {
      function.close();
    }
  }

  private void require(State required) {
    if (state != required) {
      throw new IllegalStateException(
          "The predict function of model '" + model.name() + "' is " + state + ", not " + required);
    }
  }

  private List<RowData> predictOrIgnore(GenericRowData row) {
    rowNumber++;
    try {
      List<RowData> rows = predictRow(row);
      metrics.succeeded(1);
      return rows;
    } catch (PythonException | IllegalArgumentException e) {
      metrics.failed();
      if (errorHandling != ErrorHandlingStrategy.IGNORE) {
        throw e;
      }
      LOG.warn("A row is dropped: {}", e.getMessage());
      return List.of();
    }
  }

  private List<RowData> predictRow(GenericRowData row) {
    try {
      input.write(0, row);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "model '" + model.name() + "', row " + rowNumber + ": " + e.getMessage(), e);
    }
    int result;
    try {
      result = function.predict(rowNumber);
    } catch (PythonException e) {
      input.refresh(); // native code cannot tell where it throws
      throw e;
    }
    input.refresh(result);
    return output.read(result);
  }
}
