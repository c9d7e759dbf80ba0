package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ArrowTypes;
import io.github.pyflink.ml.embedded.arrow.ImplicitCasts;
import io.github.pyflink.ml.embedded.arrow.InputColumns;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.NativeFunction;
import java.util.Collection;
import javax.annotation.Nullable;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Calls a Python predict function for each row, on the thread that calls {@link #predict}.
 *
 * <p>Flink casts nothing on the way from the columns of the table to those of the model, and an
 * array, a map or a row in binary form does not tell the type of what is in it. So Flink
 * specializes this function by the types of the table's columns, and a function that was not
 * specialized takes them to be those of the model's.
 *
 * <p>Owns the Python function from {@link #open} to {@link #close}. For one thread at a time.
 */
public final class GenericPythonPredictFunction extends PredictFunction
    implements SpecializedFunction {

  private static final long serialVersionUID = 1L;

  private enum State {
    NEW,
    OPEN,
    CLOSED
  }

  private final String model;
  private final String pythonClass;
  private final String modelConfig;
  private final RowType inputType;

  /** The columns of the table, as many as those of the input. */
  private final RowType sourceType;

  private final RowType outputType;
  @Nullable private final String executable;

  /** Whether the job's Python UDFs run in PyFlink's thread mode. */
  private final boolean threadMode;

  private State state = State.NEW;
  private long rowNumber;
  private transient NativeFunction function;
  private transient InputColumns input;
  private transient OutputColumns output;

  GenericPythonPredictFunction(
      String model,
      String pythonClass,
      String modelConfig,
      RowType inputType,
      RowType outputType,
      @Nullable String executable,
      boolean threadMode) {
    this(model, pythonClass, modelConfig, inputType, inputType, outputType, executable, threadMode);
  }

  private GenericPythonPredictFunction(
      String model,
      String pythonClass,
      String modelConfig,
      RowType inputType,
      RowType sourceType,
      RowType outputType,
      @Nullable String executable,
      boolean threadMode) {
    this.model = model;
    this.pythonClass = pythonClass;
    this.modelConfig = modelConfig;
    this.inputType = inputType;
    this.sourceType = sourceType;
    this.outputType = outputType;
    this.executable = executable;
    this.threadMode = threadMode;
  }

  /**
   * Returns a function that takes the values of the columns that a query binds to the input.
   *
   * @throws ValidationException if values would be other ones in the columns of the input
   */
  @Override
  public UserDefinedFunction specialize(SpecializedContext context) {
    RowType bound =
        RowType.of(
            context.getCallContext().getArgumentDataTypes().stream()
                .map(DataType::getLogicalType)
                .toArray(LogicalType[]::new));
    ImplicitCasts.refusal(inputType, bound)
        .ifPresent(
            refusal -> {
              throw new ValidationException("Model '" + model + "': " + refusal);
            });
    return new GenericPythonPredictFunction(
        model, pythonClass, modelConfig, inputType, bound, outputType, executable, threadMode);
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens the Python predict function.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if Python cannot run here, or the
   *     function cannot be loaded or opened
   */
  @Override
  public void open(FunctionContext context) {
    require(State.NEW);
    function = NativeFunction.open(executable, request(context.getTaskInfo()), !threadMode);
    input = new InputColumns(function, inputType, sourceType);
    output = new OutputColumns(function, outputType);
    state = State.OPEN;
  }

  /**
   * Predicts one row.
   *
   * @param row the columns of the model's INPUT, as a {@link GenericRowData} like all that Flink
   *     passes; when this or the emission of its result fails, their values are gone from it,
   *     because Flink prints the row
   * @return any number of rows of the model's OUTPUT, which own their values
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the Python function fails, or
   *     returns what does not fit the model's OUTPUT
   */
  @Override
  public Collection<RowData> predict(RowData row) {
    GenericRowData data = (GenericRowData) row;
    try {
      require(State.OPEN);
      rowNumber++;
      write(data);
      int result = function.predict();
      input.refresh(result);
      return new PredictedRows(output.read(result), data);
    } catch (RuntimeException | Error e) {
      PredictedRows.hideValues(data);
      throw e;
    }
  }

  /**
   * Closes the Python predict function and releases what it held; again, does nothing.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function's own close failed
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
          "The predict function of model '" + model + "' is " + state + ", not " + required);
    }
  }

  private void write(GenericRowData row) {
    try {
      input.write(0, row);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "model '" + model + "', row " + rowNumber + ": " + e.getMessage(), e);
    }
  }

  private String request(TaskInfo task) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model", model);
    request.put("python_class", pythonClass);
    request.put("model_config", modelConfig);
    request.set("input", ArrowTypes.toJson(inputType));
    request.set("output", ArrowTypes.toJson(outputType));
    request.put("subtask_index", task.getIndexOfThisSubtask());
    request.put("parallelism", task.getNumberOfParallelSubtasks());
    return request.toString();
  }
}
