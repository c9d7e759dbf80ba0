// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/** Creates predict functions with the provider's factory, as a job does. */
final class PredictFunctions {

  private PredictFunctions() {}

  /** Opens a function of a class in tests/models; the caller closes it. */
  static PredictFunction open(String pythonClass, ResolvedSchema input, ResolvedSchema output)
      throws Exception {
    return open(
        pythonClass, input, output, Map.of(), UnregisteredMetricsGroup.createOperatorMetricGroup());
  }

  /** The same, with options and metrics. */
  static PredictFunction open(
      String pythonClass,
      ResolvedSchema input,
      ResolvedSchema output,
      Map<String, String> options,
      MetricGroup metrics)
      throws Exception {
    ResolvedCatalogModel model = model(pythonClass, input, output, options);
    PredictFunction function =
        ((PredictRuntimeProvider) provider(model)).createPredictFunction(query(model));
    function.open(context(metrics));
    return function;
  }

  /** Opens a function that predicts batches; the caller closes it. */
  static AsyncPredictFunction openAsync(
      String pythonClass, ResolvedSchema input, ResolvedSchema output, Map<String, String> options)
      throws Exception {
    return openAsync(
        pythonClass, input, output, options, UnregisteredMetricsGroup.createOperatorMetricGroup());
  }

  /** The same, with metrics. */
  static AsyncPredictFunction openAsync(
      String pythonClass,
      ResolvedSchema input,
      ResolvedSchema output,
      Map<String, String> options,
      MetricGroup metrics)
      throws Exception {
    ResolvedCatalogModel model = model(pythonClass, input, output, options);
    AsyncPredictFunction function =
        ((AsyncPredictRuntimeProvider) provider(model)).createAsyncPredictFunction(query(model));
    function.open(context(metrics));
    return function;
  }

  private static FunctionContext context(MetricGroup metrics) {
    return new FunctionContext(null, PredictFunctions.class.getClassLoader(), null) {
      @Override
      public TaskInfo getTaskInfo() {
        return new TaskInfoImpl("test", 1, 0, 1, 0);
      }

      @Override
      public MetricGroup getMetricGroup() {
        return metrics;
      }
    };
  }

  private static ModelProvider provider(ResolvedCatalogModel model) {
    Configuration configuration = new Configuration();
    configuration.setString("python.executable", Python.executable());
    return FactoryUtil.createModelProvider(
        null,
        ObjectIdentifier.of("catalog", "database", "model"),
        model,
        configuration,
        PredictFunctions.class.getClassLoader(),
        false);
  }

  private static ModelProvider.Context query(ResolvedCatalogModel model) {
    return new ModelProvider.Context() {
      @Override
      public ResolvedCatalogModel getCatalogModel() {
        return model;
      }

      @Override
      public ReadableConfig runtimeConfig() {
        return new Configuration();
      }
    };
  }

  private static ResolvedCatalogModel model(
      String pythonClass,
      ResolvedSchema input,
      ResolvedSchema output,
      Map<String, String> moreOptions) {
    Map<String, String> options = new HashMap<>();
    options.put("provider", "generic-python");
    options.put("model-directory-path", Python.MODELS.toString());
    options.put("python-predict-class", pythonClass);
    options.putAll(moreOptions);
    return ResolvedCatalogModel.of(
        CatalogModel.of(schema(input), schema(output), options, ""), input, output);
  }

  private static Schema schema(ResolvedSchema resolved) {
    return Schema.newBuilder().fromResolvedSchema(resolved).build();
  }
}
