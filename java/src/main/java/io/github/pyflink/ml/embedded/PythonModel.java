package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ArrowTypes;
import io.github.pyflink.ml.embedded.arrow.ImplicitCasts;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.source.ModelDirectory;
import io.github.pyflink.ml.embedded.source.ModelSource;
import java.io.IOException;
import java.io.Serializable;
import javax.annotation.Nullable;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.functions.SpecializedFunction.SpecializedContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * What a task needs to open a model's Python predict function.
 *
 * <p>Flink casts nothing on the way from the columns of the table to those of the model, and an
 * array, a map or a row in binary form does not tell the type of what is in it. So Flink
 * specializes functions by the types of the table's columns, and a model that is not bound to such
 * types takes them to be its own.
 */
final class PythonModel implements Serializable {

  private static final long serialVersionUID = 1L;

  private final String name;

  /** Null where Python finds it by what the files are. */
  @Nullable private final String pythonClass;

  private final String config;
  private final RowType inputType;

  /** The columns of the table, as many as those of the input. */
  private final RowType sourceType;

  private final RowType outputType;
  @Nullable private final String executable;

  /** Whether the job's Python UDFs run in PyFlink's thread mode. */
  private final boolean threadMode;

  private final Loading loading;

  PythonModel(
      String name,
      @Nullable String pythonClass,
      String config,
      RowType inputType,
      RowType outputType,
      @Nullable String executable,
      boolean threadMode,
      Loading loading) {
    this(
        name,
        pythonClass,
        config,
        inputType,
        inputType,
        outputType,
        executable,
        threadMode,
        loading);
  }

  private PythonModel(
      String name,
      @Nullable String pythonClass,
      String config,
      RowType inputType,
      RowType sourceType,
      RowType outputType,
      @Nullable String executable,
      boolean threadMode,
      Loading loading) {
    this.name = name;
    this.pythonClass = pythonClass;
    this.config = config;
    this.inputType = inputType;
    this.sourceType = sourceType;
    this.outputType = outputType;
    this.executable = executable;
    this.threadMode = threadMode;
    this.loading = loading;
  }

  /**
   * Returns the model for values of the columns that a query binds to the input.
   *
   * @throws ValidationException if values would be other ones in the columns of the input
   */
  PythonModel boundTo(SpecializedContext context) {
    RowType bound =
        RowType.of(
            context.getCallContext().getArgumentDataTypes().stream()
                .map(DataType::getLogicalType)
                .toArray(LogicalType[]::new));
    ImplicitCasts.refusal(inputType, bound)
        .ifPresent(
            refusal -> {
              throw new ValidationException("Model '" + name + "': " + refusal);
            });
    return new PythonModel(
        name, pythonClass, config, inputType, bound, outputType, executable, threadMode, loading);
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens the newest version.
   *
   * @param batchSize the most rows of one call, or 0 where each row is a call
   * @throws IOException if the version's files cannot be had
   * @throws io.github.pyflink.ml.embedded.python.PythonException if Python cannot run here, or the
   *     function cannot be loaded or opened
   */
  OpenModel openNewest(TaskInfo task, int batchSize) throws IOException {
    ObjectNode request = request(task, batchSize);
    request.put("warm_up", loading.warmUp);
    return open(newestDirectory(request), request, !threadMode);
  }

  /**
   * Opens a version on another thread than the task's, while an older one predicts. Takes its
   * files, also where it throws.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function cannot be loaded
   *     or opened
   */
  OpenModel openBeside(ModelDirectory directory, TaskInfo task, int batchSize) {
    ObjectNode request = request(task, batchSize);
    request.put("background", true);
    if (loading.warmUp) {
      request.put("warm_up", true);
    } else {
      request.put("warm_up", "try");
    }
    return open(directory, request, true);
  }

  String name() {
    return name;
  }

  RowType inputType() {
    return inputType;
  }

  RowType sourceType() {
    return sourceType;
  }

  RowType outputType() {
    return outputType;
  }

  Loading loading() {
    return loading;
  }

  /** Returns what is the same for all functions that run the same code with the same settings. */
  String identity() {
    return pythonClass + config;
  }

  /** Opens the files, and tells Python where to put what it fetches itself. */
  @Nullable
  private ModelDirectory newestDirectory(ObjectNode request) throws IOException {
    ModelSource source = loading.source;
    if (source == null) {
      return null;
    }
    try {
      if (source.isForPython()) {
        request.put("cache_directory", source.cacheDirectoryOfPython());
      }
      return source.open();
    } catch (IOException e) {
      throw new IOException("model '" + name + "': " + e.getMessage(), e);
    }
  }

  private ObjectNode request(TaskInfo task, int batchSize) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model", name);
    request.put("python_class", pythonClass);
    request.put("model_config", config);
    request.set("input", ArrowTypes.toJson(inputType));
    request.set("output", ArrowTypes.toJson(outputType));
    request.put("subtask_index", task.getIndexOfThisSubtask());
    request.put("parallelism", task.getNumberOfParallelSubtasks());
    request.put("batch_size", batchSize);
    return request;
  }

  private OpenModel open(
      @Nullable ModelDirectory directory, ObjectNode request, boolean keepThreadState) {
    request.put("model_directory", directory == null ? null : directory.path());
    try {
      return new OpenModel(
          OpenFunction.open(executable, request.toString(), keepThreadState), directory);
    } catch (Throwable t) {
      OpenModel.giveBack(directory);
      throw t;
    }
  }
}
