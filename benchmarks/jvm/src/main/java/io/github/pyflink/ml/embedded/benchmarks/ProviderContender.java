package io.github.pyflink.ml.embedded.benchmarks;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/**
 * Calls {@link PredictFunction#predict} of the provider {@code generic-python}, as Flink does: a
 * row in, the result rows out, taken by {@code forEach}.
 *
 * <p>Owns the open predict function; closing closes it.
 */
final class ProviderContender implements Contender, AutoCloseable {

  private final PredictFunction function;
  private final FieldType type;
  private final RowData[] rows;
  private RowData last;

  ProviderContender(Workload workload, String pythonExecutable, String modelDirectory)
      throws Exception {
    Map<String, String> options =
        Map.of(
            "provider",
            "generic-python",
            "python.executable",
            pythonExecutable,
            "model-directory-path",
            modelDirectory,
            "python-predict-class",
            "published.PublishedIdentity",
            "properties.name",
            workload.name());
    ClassLoader classLoader = ProviderContender.class.getClassLoader();
    ResolvedCatalogModel model = model(workload, options);
    ModelProvider provider =
        FactoryUtil.createModelProvider(
            null,
            ObjectIdentifier.of("bench", "call", workload.name()),
            model,
            new Configuration(),
            classLoader,
            false);
    function = ((PredictRuntimeProvider) provider).createPredictFunction(new Context(model));
    function.open(new FunctionContext(runtimeContext(classLoader), classLoader, null));
    type = workload.type();
    rows = workload.rowData();
  }

  private static ResolvedCatalogModel model(Workload workload, Map<String, String> options) {
    ResolvedSchema input = workload.inputSchema();
    ResolvedSchema output = workload.outputSchema();
    CatalogModel model = CatalogModel.of(unresolved(input), unresolved(output), options, null);
    return ResolvedCatalogModel.of(model, input, output);
  }

  private static Schema unresolved(ResolvedSchema schema) {
    return Schema.newBuilder().fromResolvedSchema(schema).build();
  }

  /** A context that knows its subtask and nothing else. */
  private static RuntimeContext runtimeContext(ClassLoader classLoader) {
    TaskInfo task = new TaskInfoImpl("bench-call", 1, 0, 1, 0);
    return (RuntimeContext)
        Proxy.newProxyInstance(
            classLoader,
            new Class<?>[] {RuntimeContext.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getTaskInfo")) {
                return task;
              }
              throw new UnsupportedOperationException(method.getName());
            });
  }

  @Override
  public String name() {
    return "ours";
  }

  @Override
  public List<Object> results() {
    return Arrays.stream(rows)
        .flatMap(row -> function.predict(row).stream())
        .map(result -> type.toExternal(result, 0))
        .collect(Collectors.toList());
  }

  @Override
  public long run(int calls) {
    long started = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      function.predict(rows[call % rows.length]).forEach(this::keep);
    }
    return System.nanoTime() - started;
  }

  private void keep(RowData result) {
    last = result;
  }

  @Override
  public void close() {
    try {
      function.close();
    } catch (Exception e) {
      throw new IllegalStateException("the predict function cannot be closed", e);
    }
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
