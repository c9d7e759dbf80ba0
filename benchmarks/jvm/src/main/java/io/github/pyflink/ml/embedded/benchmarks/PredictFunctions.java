// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.lang.reflect.Proxy;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.api.common.functions.RuntimeContext;
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
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/** Opens predict functions without a job. */
final class PredictFunctions {

  private PredictFunctions() {}

  /** Returns an open function of the model that CREATE MODEL would create; the caller closes it. */
  static PredictFunction open(
      ResolvedSchema input, ResolvedSchema output, Map<String, String> options) throws Exception {
    ClassLoader classLoader = PredictFunctions.class.getClassLoader();
    CatalogModel unresolved = CatalogModel.of(unresolved(input), unresolved(output), options, null);
    ResolvedCatalogModel model = ResolvedCatalogModel.of(unresolved, input, output);
    ModelProvider provider =
        FactoryUtil.createModelProvider(
            null,
            ObjectIdentifier.of("bench", "call", "model"),
            model,
            new Configuration(),
            classLoader,
            false);
    PredictFunction function =
        ((PredictRuntimeProvider) provider).createPredictFunction(new Context(model));
    function.open(new FunctionContext(runtimeContext(classLoader), classLoader, null));
    return function;
  }

  private static Schema unresolved(ResolvedSchema schema) {
    return Schema.newBuilder().fromResolvedSchema(schema).build();
  }

  /** A context with a subtask and metrics. */
  private static RuntimeContext runtimeContext(ClassLoader classLoader) {
    TaskInfo task = new TaskInfoImpl("bench-call", 1, 0, 1, 0);
    MetricGroup metrics = UnregisteredMetricsGroup.createOperatorMetricGroup();
    return (RuntimeContext)
        Proxy.newProxyInstance(
            classLoader,
            new Class<?>[] {RuntimeContext.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "getTaskInfo":
                  return task;
                case "getMetricGroup":
                  return metrics;
                default:
                  throw new UnsupportedOperationException(method.getName());
              }
            });
  }

  private static final class Context implements ModelProvider.Context {

    private final ResolvedCatalogModel model;

    Context(ResolvedCatalogModel model) {
      this.model = model;
    }

    @Override
    public ResolvedCatalogModel getCatalogModel() {
      return model;
    }

    @Override
    public ReadableConfig runtimeConfig() {
      return new Configuration();
    }
  }
}
