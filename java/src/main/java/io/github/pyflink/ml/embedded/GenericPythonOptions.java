package io.github.pyflink.ml.embedded;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** Options of models whose provider is {@code generic-python}. */
public final class GenericPythonOptions {

  /** The directory of the model's Python modules and files, on every TaskManager. */
  public static final ConfigOption<String> MODEL_DIRECTORY_PATH =
      ConfigOptions.key("model-directory-path")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The directory with the model's Python modules and files, on every TaskManager.");

  /** The predict function's class, as {@code module.Class}. */
  public static final ConfigOption<String> PYTHON_PREDICT_CLASS =
      ConfigOptions.key("python-predict-class")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The predict function as 'module.Class', in the model's directory or installed.");

  /**
   * The Python executable, on every TaskManager; Flink's option of the same name is its default.
   */
  public static final ConfigOption<String> PYTHON_EXECUTABLE =
      ConfigOptions.key("python.executable")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The Python executable on every TaskManager: a path, or a name on the PATH. Without"
                  + " it the option of the same name in Flink's configuration counts, then"
                  + " 'python3' and 'python' on the PATH.");

  /** Flink's option for the Python UDFs of a job, which may run on the threads of its models. */
  static final ConfigOption<String> PYTHON_EXECUTION_MODE =
      ConfigOptions.key("python.execution-mode").stringType().defaultValue("process");

  /** Options that begin with this go to the predict function, without it. */
  public static final String PROPERTIES_PREFIX = "properties.";

  private GenericPythonOptions() {}
}
