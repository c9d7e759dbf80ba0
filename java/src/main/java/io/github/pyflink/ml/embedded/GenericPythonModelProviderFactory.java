// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ALLOW_PICKLE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_LENGTH_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.DEFAULT_VALUE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_CLASS_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_HANDLING_STRATEGY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_WINDOW;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.EXECUTION_MODE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_BATCH_BYTES;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_BATCH_LENGTH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_ERROR_RATIO;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.METRICS_LEVEL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_MAX_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_RELOAD_INTERVAL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PREDICT_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_COUNT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_MAX_RESTARTS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_MEMORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_RESTART_WINDOW;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROFILE_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROPERTIES_PREFIX;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_ARCHIVES;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_ENVIRONMENT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_EXECUTABLE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_FILES;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_PREDICT_CLASS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_REQUIREMENTS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_THREAD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_EXCEPTIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_FALLBACK_STRATEGY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_INITIAL_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_MAX_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_NUM;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SHARE_PYTHON_THREAD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SLOW_PREDICT_THRESHOLD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TAP_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TAP_RATIO;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.WARM_UP;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** Creates the provider of models with {@code 'provider' = 'generic-python'}. */
public final class GenericPythonModelProviderFactory implements ModelProviderFactory {

  /** The value of the option {@code provider}. */
  public static final String IDENTIFIER = "generic-python";

  @Override
  public String factoryIdentifier() {
    return IDENTIFIER;
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(MODEL_DIRECTORY_PATH);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(
        MODEL_CACHE_DIRECTORY,
        MODEL_CACHE_MAX_SIZE,
        MODEL_RELOAD_INTERVAL,
        PYTHON_PREDICT_CLASS,
        ALLOW_PICKLE,
        PYTHON_EXECUTABLE,
        PYTHON_ENVIRONMENT,
        PYTHON_FILES,
        PYTHON_ARCHIVES,
        PYTHON_REQUIREMENTS,
        WARM_UP,
        BATCH_SIZE,
        BATCH_TIMEOUT,
        MAX_BATCH_BYTES,
        BATCH_LENGTH_COLUMN,
        MAX_BATCH_LENGTH,
        SHARE_PYTHON_THREAD,
        PYTHON_THREAD,
        EXECUTION_MODE,
        PROCESS_COUNT,
        PROCESS_MEMORY,
        PREDICT_TIMEOUT,
        PROCESS_MAX_RESTARTS,
        PROCESS_RESTART_WINDOW,
        ERROR_HANDLING_STRATEGY,
        METRICS_LEVEL,
        RETRY_NUM,
        RETRY_INITIAL_BACKOFF,
        RETRY_MAX_BACKOFF,
        RETRY_FALLBACK_STRATEGY,
        RETRY_EXCEPTIONS,
        DEFAULT_VALUE,
        ERROR_COLUMN,
        ERROR_CLASS_COLUMN,
        MAX_ERROR_RATIO,
        ERROR_WINDOW,
        SLOW_PREDICT_THRESHOLD,
        PROFILE_DIRECTORY,
        TAP_DIRECTORY,
        TAP_RATIO);
  }

  /**
   * Checks the model's options and the types of its columns, and creates its provider.
   *
   * @throws org.apache.flink.table.api.ValidationException if an option is missing or unknown, or a
   *     column has a type that is not supported
   */
  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    OptionValues.check(helper.getOptions(), optionalOptions());
    helper.validateExcept(PROPERTIES_PREFIX);
    return GenericPythonModelProvider.of(context, helper.getOptions());
  }
}
