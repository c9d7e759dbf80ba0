// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.OpenRequest.WarmUp;
import io.github.pyflink.ml.embedded.arrow.ImplicitCasts;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.InProcessFunction;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.Dependencies;
import io.github.pyflink.ml.embedded.source.ModelDirectory;
import io.github.pyflink.ml.embedded.source.OpenDependencies;
import io.github.pyflink.ml.embedded.worker.WorkerFunction;
import io.github.pyflink.ml.embedded.worker.WorkerModel;
import io.github.pyflink.ml.embedded.worker.WorkerOptions;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.SpecializedFunction.SpecializedContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * A model as a task needs it to open the Python predict function.
 *
 * <p>Flink does not cast the columns of the table to those of the model, and arrays, maps and rows
 * in binary form do not describe the types of their elements. So Flink specializes functions by the
 * types of the table's columns. A model that is not bound to a table uses its own types.
 */
final class PythonModel implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Flink's name of the group of all threads that run tasks. */
  private static final String TASK_THREADS = "Flink Task Threads";

  private final String name;

  /** Null where the model's files determine it. */
  @Nullable private final String pythonClass;

  private final String config;
  private final RowType inputType;

  /** The columns of the table, as many as those of the input. */
  private final RowType sourceType;

  private final OutputLayout output;
  @Nullable private final String executable;
  private final Dependencies dependencies;

  /** Whether the job's Python UDFs run in PyFlink's thread mode. */
  private final boolean threadMode;

  private final Loading loading;
  private final TimeLimit limit;
  private final MetricsLevel metricsLevel;
  private final Monitoring monitoring;

  /** Null where the model runs in this JVM. */
  @Nullable private final WorkerOptions workers;

  /** Null in the task. */
  @Nullable private transient PlannedModel planned;

  PythonModel(
      String name,
      @Nullable String pythonClass,
      String config,
      RowType inputType,
      OutputLayout output,
      @Nullable String executable,
      Dependencies dependencies,
      boolean threadMode,
      Loading loading,
      TimeLimit limit,
      MetricsLevel metricsLevel,
      Monitoring monitoring,
      @Nullable WorkerOptions workers,
      PlannedModel planned) {
    this.name = name;
    this.pythonClass = pythonClass;
    this.config = config;
    this.inputType = inputType;
    this.sourceType = inputType;
    this.output = output;
    this.executable = executable;
    this.dependencies = dependencies;
    this.threadMode = threadMode;
    this.loading = loading;
    this.limit = limit;
    this.metricsLevel = metricsLevel;
    this.monitoring = monitoring;
    this.workers = workers;
    this.planned = planned;
  }

  private PythonModel(PythonModel model, RowType sourceType) {
    this.name = model.name;
    this.pythonClass = model.pythonClass;
    this.config = model.config;
    this.inputType = model.inputType;
    this.sourceType = sourceType;
    this.output = model.output;
    this.executable = model.executable;
    this.dependencies = model.dependencies;
    this.threadMode = model.threadMode;
    this.loading = model.loading;
    this.limit = model.limit;
    this.metricsLevel = model.metricsLevel;
    this.monitoring = model.monitoring;
    this.workers = model.workers;
    this.planned = model.planned;
  }

  /**
   * Returns the model for values of the columns that a query binds to the input.
   *
   * @throws ValidationException if the columns of the input would change the values
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
    return new PythonModel(this, bound);
  }

  /**
   * Returns the files that the job brings to this host, and its Python. The caller closes them
   * after the model's functions.
   *
   * @throws IOException if one of them cannot be used
   */
  OpenDependencies openDependencies(FunctionContext context) throws IOException {
    try {
      return dependencies.open(
          context::getCachedFile, executable, workers == null ? null : workers.environment());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens the newest version.
   *
   * @param batching how rows are gathered, or null where each row is a call
   * @throws IOException if the version's files cannot be read or fetched
   * @throws io.github.pyflink.ml.embedded.python.PythonException if Python cannot run here, or the
   *     function cannot be loaded or opened
   */
  OpenModel openNewest(TaskInfo task, @Nullable Batching batching, OpenDependencies dependencies)
      throws IOException {
    WarmUp warmUp = loading.warmUp ? WarmUp.REQUIRE : WarmUp.OFF;
    OpenRequest request = new OpenRequest(this, dependencies, task, batching, warmUp, false);
    return open(newestFiles(), dependencies, request, !threadMode);
  }

  /**
   * Opens a version on another thread than the task's, while an older one predicts. Takes its
   * files, also where it throws.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function cannot be loaded
   *     or opened
   */
  OpenModel openBeside(
      ModelDirectory files,
      TaskInfo task,
      @Nullable Batching batching,
      OpenDependencies dependencies) {
    WarmUp warmUp = loading.warmUp ? WarmUp.REQUIRE : WarmUp.TRY;
    OpenRequest request = new OpenRequest(this, dependencies, task, batching, warmUp, true);
    return open(files, dependencies, request, true);
  }

  /**
   * Returns the failure of a row whose fields do not fit the columns. It has no cause, because the
   * SQL client prints only the deepest one, which should name the model and the row.
   */
  IllegalArgumentException rowFailure(long number, RuntimeException problem) {
    IllegalArgumentException failure =
        new IllegalArgumentException(
            "model '" + name + "', row " + number + ": " + problem.getMessage());
    failure.setStackTrace(problem.getStackTrace());
    return failure;
  }

  String name() {
    return name;
  }

  /** Returns the class, or null where the model's files determine it. */
  @Nullable
  String pythonClass() {
    return pythonClass;
  }

  /** Returns what {@link PythonPredictFunction#getModelConfig()} returned. */
  String config() {
    return config;
  }

  RowType inputType() {
    return inputType;
  }

  RowType sourceType() {
    return sourceType;
  }

  /** Returns the type of the columns that Python predicts. */
  RowType outputType() {
    return output.predictedType();
  }

  /** Returns a reader of the results of a function; error columns are NULL. */
  OutputColumns outputColumns(OpenFunction function) {
    return new OutputColumns(
        function, output.predictedType(), output.predicted(), output.type().getFieldCount());
  }

  Loading loading() {
    return loading;
  }

  MetricsLevel metricsLevel() {
    return metricsLevel;
  }

  Monitoring monitoring() {
    return monitoring;
  }

  /** Returns whether the model runs in processes of its own. */
  boolean runsInWorkers() {
    return workers != null;
  }

  /** Returns how long a call may take, or 0 for no limit. */
  Duration predictTimeout() {
    return limit.duration();
  }

  /** Returns a key that is equal for all functions with the same class and configuration. */
  String identity() {
    return pythonClass + config;
  }

  private void writeObject(ObjectOutputStream out) throws IOException {
    if (planned != null) {
      planned.requireNoneReplaced();
    }
    out.defaultWriteObject();
  }

  /**
   * The planner translates a function by serializing it and reading the bytes again. A task reads
   * it before Flink compiles the code around it and opens the other operators: Python starts
   * meanwhile, but where PyFlink starts it too.
   */
  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    in.defaultReadObject();
    planned = PlannedModel.translated(name);
    boolean isOnHost = !dependencies.hasExecutable(executable);
    if (isInTask() && !threadMode && workers == null && isOnHost) {
      InProcessFunction.prepare(executable);
    }
  }

  private static boolean isInTask() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    return group != null && group.getName().equals(TASK_THREADS);
  }

  @Nullable
  private ModelDirectory newestFiles() throws IOException {
    if (loading.source == null) {
      return null;
    }
    try {
      return loading.source.open();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private IOException failure(IOException problem) {
    IOException failure = new IOException("model '" + name + "': " + problem.getMessage());
    failure.setStackTrace(problem.getStackTrace());
    return failure;
  }

  private OpenModel open(
      @Nullable ModelDirectory files,
      OpenDependencies dependencies,
      OpenRequest request,
      boolean keepThreadState) {
    try {
      String json = request.toJson(files);
      long began = System.nanoTime();
      OpenFunction function =
          workers == null
              ? openHere(dependencies, json, keepThreadState)
              : openInWorker(dependencies, json);
      return new OpenModel(function, files, Duration.ofNanos(System.nanoTime() - began));
    } catch (Throwable t) {
      OpenModel.release(files);
      throw t;
    }
  }

  private OpenFunction openHere(
      OpenDependencies dependencies, String request, boolean keepThreadState) {
    InProcessFunction.start(dependencies.executable());
    dependencies.keepExecutable();
    return InProcessFunction.open(name, request, keepThreadState, limit);
  }

  private OpenFunction openInWorker(OpenDependencies dependencies, String request) {
    String identity = identity() + dependencies.version();
    WorkerModel model = new WorkerModel(name, identity, dependencies.executable(), workers);
    return WorkerFunction.open(model, this, request);
  }
}
