package io.github.pyflink.ml.embedded.benchmarks;

import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/**
 * Provider {@code bench-identity}: the results are the first fields, doubles, without any Python.
 * Its cost is what the job itself costs. With the option {@code async} it has Flink's asynchronous
 * interface, and its futures are complete when they are returned.
 */
public final class IdentityModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<Boolean> ASYNC =
      ConfigOptions.key("async")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether the predict function is asynchronous.");

  @Override
  public String factoryIdentifier() {
    return "bench-identity";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(ASYNC);
  }

  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    helper.validate();
    FirstFields model = new FirstFields(context.getCatalogModel().getResolvedOutputSchema());
    return helper.getOptions().get(ASYNC) ? new AsyncProvider(model) : new SyncProvider(model);
  }

  /** The model: as many fields as the OUTPUT has. */
  private static final class FirstFields implements Serializable {

    private static final long serialVersionUID = 1L;

    private final int columns;

    FirstFields(ResolvedSchema output) {
      columns = output.getColumnCount();
    }

    Collection<RowData> of(RowData row) {
      GenericRowData result = new GenericRowData(columns);
      for (int column = 0; column < columns; column++) {
        result.setField(column, row.getDouble(column));
      }
      return List.of(result);
    }
  }

  private static final class SyncProvider implements PredictRuntimeProvider {

    private final FirstFields model;

    SyncProvider(FirstFields model) {
      this.model = model;
    }

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new SyncFunction(model);
    }

    @Override
    public ModelProvider copy() {
      return new SyncProvider(model);
    }
  }

  private static final class AsyncProvider implements AsyncPredictRuntimeProvider {

    private final FirstFields model;

    AsyncProvider(FirstFields model) {
      this.model = model;
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
      return new AsyncFunction(model);
    }

    @Override
    public ModelProvider copy() {
      return new AsyncProvider(model);
    }
  }

  /** Public, because the code that Flink generates calls it. */
  public static final class SyncFunction extends PredictFunction {

    private static final long serialVersionUID = 1L;

    private final FirstFields model;

    private SyncFunction(FirstFields model) {
      this.model = model;
    }

    @Override
    public Collection<RowData> predict(RowData row) {
      return model.of(row);
    }
  }

  /** Public, because the code that Flink generates calls it. */
  public static final class AsyncFunction extends AsyncPredictFunction {

    private static final long serialVersionUID = 1L;

    private final FirstFields model;

    private AsyncFunction(FirstFields model) {
      this.model = model;
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
      return CompletableFuture.completedFuture(model.of(row));
    }
  }
}
