// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.source.ModelSourceOptions;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/** Options of models whose provider is {@code generic-python}. */
public final class GenericPythonOptions {

  /** The directory or archive of the model's Python modules and files: a path or a URI. */
  public static final ConfigOption<String> MODEL_DIRECTORY_PATH =
      ModelSourceOptions.MODEL_DIRECTORY_PATH;

  /** The directory on every TaskManager for models that are not used in place. */
  public static final ConfigOption<String> MODEL_CACHE_DIRECTORY =
      ModelSourceOptions.MODEL_CACHE_DIRECTORY;

  /** The capacity of the model cache. */
  public static final ConfigOption<MemorySize> MODEL_CACHE_MAX_SIZE =
      ModelSourceOptions.MODEL_CACHE_MAX_SIZE;

  /**
   * The class of the predict function, as {@code module.Class}. Without it, the files in the
   * model's directory determine the class.
   */
  public static final ConfigOption<String> PYTHON_PREDICT_CLASS =
      ConfigOptions.key("python-predict-class")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The predict function as 'module.Class', in the model's directory or installed."
                  + " Without it, the files in the directory determine the class.");

  /** Whether the model may be loaded from pickles. */
  public static final ConfigOption<Boolean> ALLOW_PICKLE =
      ConfigOptions.key("allow-pickle")
          .booleanType()
          .defaultValue(true)
          .withDescription(
              "Whether a model without its own class may be loaded from pickles, which can run any"
                  + " code. With false, only formats that are data are loaded.");

  /** Whether the model predicts a sample row when it is opened. */
  public static final ConfigOption<Boolean> WARM_UP =
      ConfigOptions.key("warm-up")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether the model predicts one sample row when it is opened, so that the first row"
                  + " is not slow. If this fails, the model does not open.");

  /** The interval at which a new version of the model is looked for. */
  public static final ConfigOption<Duration> MODEL_RELOAD_INTERVAL =
      ModelSourceOptions.MODEL_RELOAD_INTERVAL;

  /**
   * The Python executable, on every TaskManager; Flink's option of the same name is its default.
   */
  public static final ConfigOption<String> PYTHON_EXECUTABLE =
      ConfigOptions.key("python.executable")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The Python executable on every TaskManager: a path, or a name on the PATH. Without"
                  + " it, the option of the same name in Flink's configuration is used, then"
                  + " 'python3' and 'python' on the PATH.");

  /** Modules that the job brings to the model. */
  public static final ConfigOption<String> PYTHON_FILES = ModelSourceOptions.PYTHON_FILES;

  /** Archives that the job brings to the model. */
  public static final ConfigOption<String> PYTHON_ARCHIVES = ModelSourceOptions.PYTHON_ARCHIVES;

  /** Packages that are installed for the model. */
  public static final ConfigOption<String> PYTHON_REQUIREMENTS =
      ModelSourceOptions.PYTHON_REQUIREMENTS;

  /**
   * The most rows of one call of Python; with more than 1, Flink calls the model asynchronously.
   */
  public static final ConfigOption<Integer> BATCH_SIZE =
      ConfigOptions.key("batch-size")
          .intType()
          .defaultValue(1)
          .withDescription(
              "The most rows that Python predicts in one call. 1 predicts each row on the task's"
                  + " thread; more gathers rows while Python is busy.");

  /** How long a row waits for more rows while Python is free. */
  public static final ConfigOption<Duration> BATCH_TIMEOUT =
      ConfigOptions.key("batch-timeout")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "How long a batch that is not full waits for more rows. With 0, it is predicted as"
                  + " soon as Python is free.");

  /** The most bytes that the rows of a batch take in the columns. */
  public static final ConfigOption<MemorySize> MAX_BATCH_BYTES =
      ConfigOptions.key("max-batch-bytes")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(64))
          .withDescription(
              "The most bytes that the rows of a batch take in the columns that Python reads. A"
                  + " batch that reaches them is predicted even if it is not full, and the task"
                  + " waits while two batches are full. The default is smaller where a sixteenth of"
                  + " the JVM's heap is.");

  /** The column of INPUT whose lengths the rows of a batch are sorted by. */
  public static final ConfigOption<String> BATCH_LENGTH_COLUMN =
      ConfigOptions.key("batch-length-column")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The column of INPUT by whose lengths the rows of a batch are sorted before"
                  + " predict_batch is called: that of a text, of bytes or of an ARRAY, or the"
                  + " value of an integer. Results are put back in order.");

  /** The most rows of one call of predict_batch, times the length of its longest row. */
  public static final ConfigOption<Integer> MAX_BATCH_LENGTH =
      ConfigOptions.key("max-batch-length")
          .intType()
          .noDefaultValue()
          .withDescription(
              "The padded length of one call of predict_batch, which is its number of rows times"
                  + " the length of its longest row in 'batch-length-column'. Batches above it are"
                  + " predicted in several calls.");

  /** Whether the subtasks of a model in one TaskManager predict batches on one thread. */
  public static final ConfigOption<Boolean> SHARE_PYTHON_THREAD =
      ConfigOptions.key("share-python-thread")
          .booleanType()
          .defaultValue(true)
          .withDescription(
              "Whether all subtasks of the model in a TaskManager predict their batches on one"
                  + " thread. With false, each has its own, which is faster if the model releases"
                  + " the GIL for most of its time and cores are free.");

  /** Whether a model that predicts row by row has a thread with a larger stack. */
  public static final ConfigOption<Boolean> PYTHON_THREAD =
      ConfigOptions.key("python-thread")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether a model with batch-size 1 predicts its rows on a thread with 16 MB of stack"
                  + " and not on the task's, which has 1 MB. Each row then takes 20 to 60"
                  + " microseconds more.");

  /** Where the model runs. */
  public static final ConfigOption<ExecutionMode> EXECUTION_MODE =
      ConfigOptions.key("execution-mode")
          .enumType(ExecutionMode.class)
          .defaultValue(ExecutionMode.THREAD)
          .withDescription(
              "Where the model runs: THREAD in the TaskManager's JVM, PROCESS in worker processes,"
                  + " which share their columns with the JVM and whose end does not end it.");

  /** The packed environment that worker processes run in: a path or a URI. */
  public static final ConfigOption<String> PYTHON_ENVIRONMENT =
      ModelSourceOptions.PYTHON_ENVIRONMENT;

  /** The maximum number of worker processes for a model in one TaskManager. */
  public static final ConfigOption<Integer> PROCESS_COUNT =
      ConfigOptions.key("process-count")
          .intType()
          .noDefaultValue()
          .withDescription(
              "The maximum number of worker processes for the model in one TaskManager. By"
                  + " default each subtask has its own; with 1, all subtasks share the model's"
                  + " memory.");

  /** The memory limit of each worker process. */
  public static final ConfigOption<MemorySize> PROCESS_MEMORY =
      ConfigOptions.key("process-memory")
          .memoryType()
          .defaultValue(MemorySize.ZERO)
          .withDescription("The memory limit of each worker process; 0 means no limit.");

  /** How long a call of Python may take. */
  public static final ConfigOption<Duration> PREDICT_TIMEOUT =
      ConfigOptions.key("predict-timeout")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "The time limit for one call of predict or predict_batch; 0 means no limit. The row"
                  + " that exceeds it fails. A worker process is restarted for it, and Python code"
                  + " in the JVM is interrupted by an exception.");

  /**
   * How often a worker process may be restarted. Three restarts let a job survive rare crashes,
   * while a model that crashes at every start fails the job after a few starts.
   */
  public static final ConfigOption<Integer> PROCESS_MAX_RESTARTS =
      ConfigOptions.key("process-max-restarts")
          .intType()
          .defaultValue(3)
          .withDescription(
              "How often a worker process may be restarted within 'process-restart-window'."
                  + " After that, the job fails.");

  /** The period over which restarts are counted. */
  public static final ConfigOption<Duration> PROCESS_RESTART_WINDOW =
      ConfigOptions.key("process-restart-window")
          .durationType()
          .defaultValue(Duration.ofMinutes(10))
          .withDescription("The period over which restarts are counted.");

  /** How a row is handled whose prediction fails. */
  public static final ConfigOption<ErrorHandlingStrategy> ERROR_HANDLING_STRATEGY =
      ConfigOptions.key("error-handling-strategy")
          .enumType(ErrorHandlingStrategy.class)
          .defaultValue(ErrorHandlingStrategy.FAILOVER)
          .withDescription(
              "How a row is handled whose prediction fails: FAILOVER fails the job, RETRY predicts"
                  + " the row again, IGNORE drops the row with a warning, DEFAULT gives it the"
                  + " 'default-value'.");

  /** How often a row is predicted again. */
  public static final ConfigOption<Integer> RETRY_NUM =
      ConfigOptions.key("retry-num")
          .intType()
          .defaultValue(100)
          .withDescription("How often a row is predicted again after it has failed.");

  /** How long a row waits for its first retry. */
  public static final ConfigOption<Duration> RETRY_INITIAL_BACKOFF =
      ConfigOptions.key("retry-initial-backoff")
          .durationType()
          .defaultValue(Duration.ofMillis(100))
          .withDescription(
              "How long a row waits for its first retry. Each further one waits twice as long."
                  + " Each wait is shortened at random, by at most a half.");

  /** The longest time that a row waits for a retry. */
  public static final ConfigOption<Duration> RETRY_MAX_BACKOFF =
      ConfigOptions.key("retry-max-backoff")
          .durationType()
          .defaultValue(Duration.ofSeconds(30))
          .withDescription("The longest time that a row waits for a retry.");

  /** How a row is handled whose last retry fails. */
  public static final ConfigOption<RetryFallbackStrategy> RETRY_FALLBACK_STRATEGY =
      ConfigOptions.key("retry-fallback-strategy")
          .enumType(RetryFallbackStrategy.class)
          .defaultValue(RetryFallbackStrategy.FAILOVER)
          .withDescription(
              "How a row is handled whose last retry fails: FAILOVER fails the job, IGNORE drops"
                  + " the row with a warning, DEFAULT gives it the 'default-value'.");

  /** The exceptions that are worth a retry. */
  public static final ConfigOption<List<String>> RETRY_EXCEPTIONS =
      ConfigOptions.key("retry-exceptions")
          .stringType()
          .asList()
          .noDefaultValue()
          .withDescription(
              "The Python exceptions that are worth a retry: names of classes or of their base"
                  + " classes, with or without their module, separated by semicolons. By default"
                  + " all are.");

  /** The results of a row that fails. */
  public static final ConfigOption<String> DEFAULT_VALUE =
      ConfigOptions.key("default-value")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The results of a row that fails: a JSON object of the OUTPUT columns, or one value"
                  + " if there is one column.");

  /** The OUTPUT column of the errors' messages. */
  public static final ConfigOption<String> ERROR_COLUMN =
      ConfigOptions.key("error-column")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The OUTPUT column of type STRING that gets the error of a row that fails, and NULL"
                  + " otherwise. Such rows are kept.");

  /** The OUTPUT column of the errors' classes. */
  public static final ConfigOption<String> ERROR_CLASS_COLUMN =
      ConfigOptions.key("error-class-column")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The OUTPUT column of type STRING that gets the class of the error of a row that"
                  + " fails, and NULL otherwise. Such rows are kept.");

  /** The highest ratio of rows that may fail. */
  public static final ConfigOption<Double> MAX_ERROR_RATIO =
      ConfigOptions.key("max-error-ratio")
          .doubleType()
          .defaultValue(1.0)
          .withDescription(
              "The highest ratio of rows that may fail within 'error-window'; when more fail, the"
                  + " job fails. With 1 all may fail.");

  /** The period over which failed rows are counted. */
  public static final ConfigOption<Duration> ERROR_WINDOW =
      ConfigOptions.key("error-window")
          .durationType()
          .defaultValue(Duration.ofMinutes(1))
          .withDescription("The period over which failed rows are counted.");

  /** Which metrics of the model are registered. */
  public static final ConfigOption<MetricsLevel> METRICS_LEVEL =
      ConfigOptions.key("metrics-level")
          .enumType(MetricsLevel.class)
          .defaultValue(MetricsLevel.BASIC)
          .withDescription(
              "Which metrics the model has: OFF none, BASIC counts, latency and the metrics of user"
                  + " code, DETAILED also what a call waits for and how many bytes it has.");

  /** The time after which a call that still runs is logged. */
  public static final ConfigOption<Duration> SLOW_PREDICT_THRESHOLD =
      ConfigOptions.key("slow-predict-threshold")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "The Python stack of a call that takes longer is logged while it runs, at most once a"
                  + " minute for a model. 0 logs none.");

  /** The directory of profiles. */
  public static final ConfigOption<String> PROFILE_DIRECTORY =
      ConfigOptions.key("profile-directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A directory on every TaskManager for a sampled profile of each subtask's calls, as a"
                  + " file that speedscope opens.");

  /** The directory of samples of rows. */
  public static final ConfigOption<String> TAP_DIRECTORY =
      ConfigOptions.key("tap-directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A directory on every TaskManager for a sample of inputs and outputs, as Parquet"
                  + " files. They have the rows' values in clear text.");

  /** The part of the rows in the sample. */
  public static final ConfigOption<Double> TAP_RATIO =
      ConfigOptions.key("tap-ratio")
          .doubleType()
          .defaultValue(0.001)
          .withDescription("The part of the rows that 'tap-directory' gets, at most 1.");

  /** Names the model in the CONFIG of a query, which keeps the calls of two models apart. */
  static final ConfigOption<String> MODEL =
      ConfigOptions.key("model").stringType().noDefaultValue();

  /** Flink's option in the CONFIG of a query. */
  static final ConfigOption<Integer> MAX_CONCURRENT_OPERATIONS =
      ConfigOptions.key("max-concurrent-operations").intType().noDefaultValue();

  /** Flink's option for all queries, with its default. */
  static final ConfigOption<Integer> TABLE_MAX_CONCURRENT_OPERATIONS =
      ConfigOptions.key("table.exec.async-ml-predict.max-concurrent-operations")
          .intType()
          .defaultValue(10);

  /** Flink's option in the CONFIG of a query: how long a row may take from when Flink takes it. */
  static final ConfigOption<Duration> ASYNC_TIMEOUT =
      ConfigOptions.key("timeout").durationType().noDefaultValue();

  /** Flink's option for all queries, with its default. */
  static final ConfigOption<Duration> TABLE_ASYNC_TIMEOUT =
      ConfigOptions.key("table.exec.async-ml-predict.timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(3));

  /** Flink's option for the Python UDFs of a job, which may run on the threads of its models. */
  static final ConfigOption<String> PYTHON_EXECUTION_MODE =
      ConfigOptions.key("python.execution-mode").stringType().defaultValue("process");

  /** The prefix of options that are passed to the predict function, without the prefix. */
  public static final String PROPERTIES_PREFIX = "properties.";

  private GenericPythonOptions() {}
}
