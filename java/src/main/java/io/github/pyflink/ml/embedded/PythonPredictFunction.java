// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_CLASS_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_CONCURRENT_OPERATIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.METRICS_LEVEL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PREDICT_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_EXECUTABLE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_EXECUTION_MODE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_THREAD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_MAX_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_NUM;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TABLE_MAX_CONCURRENT_OPERATIONS;

import io.github.pyflink.ml.embedded.arrow.ArrowTypes;
import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.Dependencies;
import io.github.pyflink.ml.embedded.worker.WorkerOptions;
import java.time.Duration;
import java.util.Map;
import javax.annotation.Nullable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.types.logical.RowType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Describes a Python predict function of a model (FLIP-552): its class and its configuration.
 *
 * <p>A provider's factory may declare options of {@link GenericPythonOptions}, which take effect
 * here: the Python executable, which is that of Flink's configuration by default, the files that
 * the job brings, the source of the model's files and how they are loaded, the batches, the
 * handling of rows that fail, and what watches the model.
 */
public abstract class PythonPredictFunction {

  private static final Logger LOG = LoggerFactory.getLogger(PythonPredictFunction.class);

  private final String model;
  private final RowType inputType;
  private final OutputLayout output;
  private final String executable;
  private final Dependencies dependencies;
  private final boolean threadMode;
  private final Batching batching;
  private final boolean pythonThread;
  private final Loading loading;
  private final TimeLimit limit;
  private final MetricsLevel metricsLevel;
  private final Monitoring monitoring;

  /** Null where the model runs in the JVM. */
  @Nullable private final WorkerOptions workers;

  private final ErrorHandling errorHandling;

  /** What Flink allows, unless a query sets other limits. */
  private final InFlight inFlight;

  private final PlannedModel planned;

  /**
   * Takes the model's name, its schemas and its options from the context.
   *
   * @throws ValidationException if a column of the model has a type that is not supported, or an
   *     option has an invalid value
   */
  protected PythonPredictFunction(ModelProviderFactory.Context context) {
    this(context, Configuration.fromMap(context.getCatalogModel().getOptions()));
  }

  /**
   * Takes the model's name and its schemas from the context.
   *
   * @param options the model's options, which the factory has validated
   * @throws ValidationException if a column of the model has a type that is not supported, or an
   *     option has an invalid value
   */
  protected PythonPredictFunction(ModelProviderFactory.Context context, ReadableConfig options) {
    ResolvedCatalogModel catalogModel = context.getCatalogModel();
    ReadableConfig flink = context.getConfiguration();
    this.model = context.getObjectIdentifier().asSummaryString();
    this.inputType = rowType(catalogModel.getResolvedInputSchema());
    this.output = outputLayout(catalogModel.getResolvedOutputSchema(), options);
    this.executable =
        options.getOptional(PYTHON_EXECUTABLE).orElseGet(() -> flink.get(PYTHON_EXECUTABLE));
    this.dependencies = Dependencies.of(options, flink);
    this.threadMode = flink.get(PYTHON_EXECUTION_MODE).equalsIgnoreCase("thread");
    this.batching = Batching.of(options, inputType);
    this.pythonThread = options.get(PYTHON_THREAD);
    this.loading = Loading.of(options, flink);
    this.limit = limit(options.get(PREDICT_TIMEOUT));
    this.metricsLevel = options.get(METRICS_LEVEL);
    this.monitoring = Monitoring.of(options);
    this.workers = WorkerProcesses.of(options, limit);
    this.errorHandling = ErrorHandling.of(options, output);
    this.inFlight = InFlight.of(flink);
    this.planned = new PlannedModel(model, output.type());
  }

  /**
   * Returns the class of the predict function, as {@code package.module.Class}, or null where the
   * files in the model's directory determine it.
   */
  @Nullable
  public abstract String getPythonClass();

  /**
   * Returns the configuration for {@code set_model_config} of the Python predict function.
   *
   * @return JSON, as {@link #modelConfig(String, Map)} returns it, or text of another form, which
   *     the Python class reads
   */
  public abstract String getModelConfig();

  /** Returns a Flink function that runs the Python predict function in the TaskManager's JVM. */
  public PredictFunction createPythonFunction() {
    planned.translate();
    return new GenericPythonPredictFunction(pythonModel(), pythonThread, errorHandling);
  }

  /**
   * Returns a Flink function that runs the Python predict function for batches of rows.
   *
   * @param query the CONFIG of the query, whose batch-size and batch-timeout override the model's
   * @throws ValidationException if one of them has an invalid value, or CONFIG names another model
   */
  public AsyncPredictFunction createAsyncPythonFunction(ReadableConfig query) {
    checkQuery(query);
    planned.translate();
    Batching batches = batching.with(query);
    InFlight limit = inFlight.with(query);
    if (limit.rows < batches.size) {
      LOG.warn(
          "Model '{}': Flink has at most {} rows in flight in a subtask, so no batch reaches the"
              + " batch-size of {}. Set '{}' to {} or more, or '{}' in the CONFIG of ML_PREDICT.",
          model,
          limit.rows,
          batches.size,
          TABLE_MAX_CONCURRENT_OPERATIONS.key(),
          2L * batches.size,
          MAX_CONCURRENT_OPERATIONS.key());
    }
    Duration timeout = limit.timeout;
    if (errorHandling.retry != null
        && !timeout.isZero()
        && errorHandling.retry.mayExceed(timeout)) {
      LOG.warn(
          "Model '{}': Flink fails the job if a row takes longer than {} s, and {} retries may wait"
              + " longer. Set '{}' and '{}' such that they fit, or raise '{}', or '{}' in the"
              + " CONFIG of ML_PREDICT.",
          model,
          timeout.toSeconds(),
          errorHandling.retry.retries,
          RETRY_NUM.key(),
          RETRY_MAX_BACKOFF.key(),
          TABLE_ASYNC_TIMEOUT.key(),
          ASYNC_TIMEOUT.key());
    }
    return new GenericPythonAsyncPredictFunction(pythonModel(), batches, limit, errorHandling);
  }

  /** Returns the model's name, with its catalog and database. */
  final String getName() {
    return model;
  }

  /**
   * Returns whether Flink should call the model asynchronously: its options request batches, or
   * retries, for which other rows should not wait; or it has metadata columns, which Flink does not
   * read otherwise.
   */
  boolean isAsync() {
    return batching.size > 1 || errorHandling.retry != null || output.hasMetadataColumns();
  }

  /**
   * Checks the CONFIG of a query.
   *
   * @throws ValidationException if it names another model
   */
  void checkQuery(ReadableConfig query) {
    query
        .getOptional(MODEL)
        .ifPresent(
            name -> {
              if (!name.equals(model)
                  && !name.equals(model.substring(model.lastIndexOf('.') + 1))) {
                throw new ValidationException(
                    String.format(
                        "Model '%s': the query's CONFIG has '%s' = '%s'. It must be the name of the"
                            + " model that this call of ML_PREDICT uses.",
                        model, MODEL.key(), name));
              }
              planned.nameInConfig();
            });
  }

  /**
   * Checks the CONFIG of a query which Flink runs row by row.
   *
   * @throws ValidationException if it requests batches, or names another model, or the model has
   *     metadata columns
   */
  void checkRowByRow(ReadableConfig query) {
    checkQuery(query);
    if (output.hasMetadataColumns()) {
      throw new ValidationException(
          String.format(
              "Model '%s': the OUTPUT has the metadata columns %s, and Flink loses them in a query"
                  + " that it runs row by row. Remove 'async' = 'false' from CONFIG, or use '%s'"
                  + " and '%s' instead of metadata columns.",
              model, output.errorColumns(), ERROR_COLUMN.key(), ERROR_CLASS_COLUMN.key()));
    }
    int size = query.getOptional(BATCH_SIZE).orElse(1);
    if (size > 1) {
      throw new ValidationException(
          String.format(
              "Model '%s': the query's CONFIG has '%s' = '%d', but Flink calls this model row by"
                  + " row, because its own '%s' is 1 or CONFIG has 'async' = 'false'. Run ALTER"
                  + " MODEL ... SET ('%s' = '%d'), and remove 'async' from CONFIG.",
              model, BATCH_SIZE.key(), size, BATCH_SIZE.key(), BATCH_SIZE.key(), size));
    }
  }

  /**
   * Returns the configuration in the form that the Python base class reads.
   *
   * @param modelDirectory the directory of the model's Python modules and files, on every
   *     TaskManager
   * @param properties the {@code init_properties} of the function
   * @return JSON with model_directory_path, python_class_name, properties, input_schema and
   *     output_schema
   */
  protected final String modelConfig(String modelDirectory, Map<String, String> properties) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    properties.forEach(json::put);
    return ModelConfig.of(modelDirectory, getPythonClass(), json, inputType, output.predictedType())
        .toString();
  }

  private PythonModel pythonModel() {
    return new PythonModel(
        model,
        getPythonClass(),
        getModelConfig(),
        inputType,
        output,
        executable,
        dependencies,
        threadMode,
        loading,
        limit,
        metricsLevel,
        monitoring,
        workers,
        planned);
  }

  private static TimeLimit limit(Duration timeout) {
    OptionValues.require(
        timeout.isZero() || timeout.toMillis() > 0, PREDICT_TIMEOUT, timeout, "0 or more");
    return new TimeLimit(timeout);
  }

  private RowType rowType(ResolvedSchema schema) {
    return requireSupported((RowType) schema.toPhysicalRowDataType().getLogicalType());
  }

  private OutputLayout outputLayout(ResolvedSchema schema, ReadableConfig options) {
    OutputLayout layout = OutputLayout.of(schema, options);
    requireSupported(layout.predictedType());
    return layout;
  }

  private RowType requireSupported(RowType type) {
    ArrowTypes.refusal(type)
        .ifPresent(
            refusal -> {
              throw new ValidationException("Model '" + model + "': " + refusal);
            });
    return type;
  }
}
