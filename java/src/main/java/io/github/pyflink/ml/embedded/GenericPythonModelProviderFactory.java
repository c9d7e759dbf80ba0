package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_HANDLING_STRATEGY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_MAX_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_RELOAD_INTERVAL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROPERTIES_PREFIX;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_EXECUTABLE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_PREDICT_CLASS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SHARE_PYTHON_THREAD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.WARM_UP;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** Makes the provider of models with {@code 'provider' = 'generic-python'}. */
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
        PYTHON_EXECUTABLE,
        WARM_UP,
        BATCH_SIZE,
        BATCH_TIMEOUT,
        SHARE_PYTHON_THREAD,
        ERROR_HANDLING_STRATEGY);
  }

  /**
   * Checks the model's options and the types of its columns, and makes its provider.
   *
   * @throws org.apache.flink.table.api.ValidationException if an option is missing or unknown, or a
   *     column is of a type that is not supported
   */
  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    helper.validateExcept(PROPERTIES_PREFIX);
    ReadableConfig options = helper.getOptions();
    return GenericPythonModelProvider.of(
        context,
        options.get(MODEL_DIRECTORY_PATH),
        options.getOptional(PYTHON_PREDICT_CLASS).orElse(null),
        properties(context.getCatalogModel().getOptions()));
  }

  private static Map<String, String> properties(Map<String, String> options) {
    return options.entrySet().stream()
        .filter(option -> option.getKey().startsWith(PROPERTIES_PREFIX))
        .collect(
            Collectors.toMap(
                option -> option.getKey().substring(PROPERTIES_PREFIX.length()),
                Map.Entry::getValue));
  }
}
