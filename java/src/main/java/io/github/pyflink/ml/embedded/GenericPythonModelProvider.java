// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ASYNC_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_CONCURRENT_OPERATIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROPERTIES_PREFIX;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_PREDICT_CLASS;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** The provider of a model whose options name a directory and, optionally, a Python class. */
class GenericPythonModelProvider implements PythonPredictRuntimeProvider {

  private final PythonPredictFunction function;

  private GenericPythonModelProvider(PythonPredictFunction function) {
    this.function = function;
  }

  /** Returns an asynchronous provider where the model's options request batches or retries. */
  static ModelProvider of(ModelProviderFactory.Context context, ReadableConfig options) {
    Function function = new Function(context, options);
    return function.isAsync() ? new Async(function) : new GenericPythonModelProvider(function);
  }

  @Override
  public PythonPredictFunction getPythonPredictFunction() {
    return function;
  }

  @Override
  public ModelProvider copy() {
    return new GenericPythonModelProvider(function);
  }

  private static final class Async extends GenericPythonModelProvider
      implements AsyncPythonPredictRuntimeProvider {

    Async(PythonPredictFunction function) {
      super(function);
    }

    @Override
    public ModelProvider copy() {
      return new Async(getPythonPredictFunction());
    }
  }

  private static final class Function extends PythonPredictFunction {

    /** The keys that the CONFIG of a query may have; the first four are Flink's. */
    private static final Set<String> QUERY_KEYS =
        Set.of(
            "async",
            "output-mode",
            ASYNC_TIMEOUT.key(),
            MAX_CONCURRENT_OPERATIONS.key(),
            MODEL.key(),
            BATCH_SIZE.key(),
            BATCH_TIMEOUT.key());

    private final String modelDirectory;
    @Nullable private final String pythonClass;
    private final Map<String, String> properties;

    Function(ModelProviderFactory.Context context, ReadableConfig options) {
      super(context, options);
      this.modelDirectory = options.get(MODEL_DIRECTORY_PATH);
      this.pythonClass = options.getOptional(PYTHON_PREDICT_CLASS).orElse(null);
      this.properties = properties(context.getCatalogModel().getOptions());
      Secrets.check(getName(), properties);
    }

    @Override
    @Nullable
    public String getPythonClass() {
      return pythonClass;
    }

    @Override
    public String getModelConfig() {
      return modelConfig(modelDirectory, properties);
    }

    /** Flink ignores unknown keys, so a misspelt one would have no effect. */
    @Override
    void checkQuery(ReadableConfig query) {
      for (String key : query.toMap().keySet()) {
        if (!QUERY_KEYS.contains(key)) {
          throw new ValidationException(
              String.format(
                  "Model '%s': the query's CONFIG has the unknown key '%s'. Valid keys are %s.",
                  getName(),
                  key,
                  QUERY_KEYS.stream().sorted().collect(Collectors.joining("', '", "'", "'"))));
        }
      }
      super.checkQuery(query);
    }

    private static Map<String, String> properties(Map<String, String> options) {
      return options.entrySet().stream()
          .filter(option -> option.getKey().startsWith(PROPERTIES_PREFIX))
          .collect(
              Collectors.toUnmodifiableMap(
                  option -> option.getKey().substring(PROPERTIES_PREFIX.length()),
                  Map.Entry::getValue));
    }
  }
}
