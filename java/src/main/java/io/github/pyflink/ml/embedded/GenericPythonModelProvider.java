package io.github.pyflink.ml.embedded;

import java.util.Map;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** The provider of a model whose options name a Python class and a directory. */
final class GenericPythonModelProvider implements PythonPredictRuntimeProvider {

  private final PythonPredictFunction function;

  GenericPythonModelProvider(
      ModelProviderFactory.Context context,
      String modelDirectory,
      String pythonClass,
      Map<String, String> properties) {
    this(new Function(context, modelDirectory, pythonClass, properties));
  }

  private GenericPythonModelProvider(PythonPredictFunction function) {
    this.function = function;
  }

  @Override
  public PythonPredictFunction getPythonPredictFunction() {
    return function;
  }

  @Override
  public ModelProvider copy() {
    return new GenericPythonModelProvider(function);
  }

  private static final class Function extends PythonPredictFunction {

    private final String modelDirectory;
    private final String pythonClass;
    private final Map<String, String> properties;

    Function(
        ModelProviderFactory.Context context,
        String modelDirectory,
        String pythonClass,
        Map<String, String> properties) {
      super(context);
      this.modelDirectory = modelDirectory;
      this.pythonClass = pythonClass;
      this.properties = Map.copyOf(properties);
    }

    @Override
    public String getPythonClass() {
      return pythonClass;
    }

    @Override
    public String getModelConfig() {
      return modelConfig(modelDirectory, properties);
    }
  }
}
