package io.github.pyflink.ml.embedded.e2e;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/** Makes predict functions by the provider's factory, as a job does, but without one. */
final class PredictFunctions {

  private PredictFunctions() {}

  /** Returns an open function of a class of tests/models; the caller closes it. */
  static PredictFunction open(String pythonClass, ResolvedSchema input, ResolvedSchema output)
      throws Exception {
    PredictFunction function = create(model(pythonClass, input, output));
    function.open(
        new FunctionContext(null, PredictFunctions.class.getClassLoader(), null) {
          @Override
          public TaskInfo getTaskInfo() {
            return new TaskInfoImpl("test", 1, 0, 1, 0);
          }
        });
    return function;
  }

  private static PredictFunction create(ResolvedCatalogModel model) {
    Configuration configuration = new Configuration();
    configuration.setString("python.executable", Python.executable());
    ModelProvider provider =
        FactoryUtil.createModelProvider(
            null,
            ObjectIdentifier.of("catalog", "database", "model"),
            model,
            configuration,
            PredictFunctions.class.getClassLoader(),
            false);
    return ((PredictRuntimeProvider) provider)
        .createPredictFunction(
            new ModelProvider.Context() {
              @Override
              public ResolvedCatalogModel getCatalogModel() {
                return model;
              }

              @Override
              public ReadableConfig runtimeConfig() {
                return configuration;
              }
            });
  }

  private static ResolvedCatalogModel model(
      String pythonClass, ResolvedSchema input, ResolvedSchema output) {
    Map<String, String> options = new HashMap<>();
    options.put("provider", "generic-python");
    options.put("model-directory-path", Python.MODELS.toString());
    options.put("python-predict-class", pythonClass);
    return ResolvedCatalogModel.of(
        CatalogModel.of(schema(input), schema(output), options, ""), input, output);
  }

  private static Schema schema(ResolvedSchema resolved) {
    return Schema.newBuilder().fromResolvedSchema(resolved).build();
  }
}
