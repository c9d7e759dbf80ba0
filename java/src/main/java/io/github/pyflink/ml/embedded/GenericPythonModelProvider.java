package io.github.pyflink.ml.embedded;

import java.util.Map;
import javax.annotation.Nullable;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** The provider of a model whose options name a directory, and a Python class or none. */
class GenericPythonModelProvider implements PythonPredictRuntimeProvider {

  private final PythonPredictFunction function;

  private GenericPythonModelProvider(PythonPredictFunction function) {
    this.function = function;
  }

  /** Returns a provider of the kind that Flink calls as the model's options ask for. */
  static ModelProvider of(
      ModelProviderFactory.Context context,
      String modelDirectory,
      @Nullable String pythonClass,
      Map<String, String> properties) {
    Function function = new Function(context, modelDirectory, pythonClass, properties);
    return function.isBatching() ? new Async(function) : new GenericPythonModelProvider(function);
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

    private final String modelDirectory;
    @Nullable private final String pythonClass;
    private final Map<String, String> properties;

    Function(
        ModelProviderFactory.Context context,
        String modelDirectory,
        @Nullable String pythonClass,
        Map<String, String> properties) {
      super(context);
      this.modelDirectory = modelDirectory;
      this.pythonClass = pythonClass;
      this.properties = Map.copyOf(properties);
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
  }
}
