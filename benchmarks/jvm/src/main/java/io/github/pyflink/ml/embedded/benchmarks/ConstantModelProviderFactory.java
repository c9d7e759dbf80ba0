// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;
import org.apache.flink.table.types.logical.RowType;

/**
 * Provider {@code bench-constant}: returns the same row for every input, without Python, to measure
 * the cost of the job itself. With the option {@code async} it uses Flink's asynchronous interface
 * and returns completed futures.
 */
public final class ConstantModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<String> RESULT =
      ConfigOptions.key("result")
          .stringType()
          .noDefaultValue()
          .withDescription("A JSON file with one row of the OUTPUT's columns.");

  private static final ConfigOption<Boolean> ASYNC =
      ConfigOptions.key("async")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether the predict function is asynchronous.");

  @Override
  public String factoryIdentifier() {
    return "bench-constant";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(RESULT);
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
    String file = helper.getOptions().get(RESULT);
    RowType type = JsonRows.type(context.getCatalogModel().getResolvedOutputSchema());
    readResult(file, type); // so that an invalid file fails here
    return helper.getOptions().get(ASYNC)
        ? new AsyncProvider(file, type)
        : new SyncProvider(file, type);
  }

  private static Collection<RowData> readResult(String file, RowType type) {
    RowData[] rows = JsonRows.read(Path.of(file), type);
    if (rows.length != 1) {
      throw new ValidationException(
          String.format("Option 'result': %s has %d rows; it must have 1.", file, rows.length));
    }
    return List.of(rows);
  }

  private static final class SyncProvider implements PredictRuntimeProvider {

    private final String file;
    private final RowType type;

    SyncProvider(String file, RowType type) {
      this.file = file;
      this.type = type;
    }

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new SyncFunction(file, type);
    }

    @Override
    public ModelProvider copy() {
      return new SyncProvider(file, type);
    }
  }

  private static final class AsyncProvider implements AsyncPredictRuntimeProvider {

    private final String file;
    private final RowType type;

    AsyncProvider(String file, RowType type) {
      this.file = file;
      this.type = type;
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
      return new AsyncFunction(file, type);
    }

    @Override
    public ModelProvider copy() {
      return new AsyncProvider(file, type);
    }
  }

  /** Public, because the code that Flink generates calls it. */
  public static final class SyncFunction extends PredictFunction {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final RowType type;

    private transient Collection<RowData> result;

    private SyncFunction(String file, RowType type) {
      this.file = file;
      this.type = type;
    }

    @Override
    public void open(FunctionContext context) {
      result = readResult(file, type);
    }

    @Override
    public Collection<RowData> predict(RowData row) {
      return result;
    }
  }

  /** Public, because the code that Flink generates calls it. */
  public static final class AsyncFunction extends AsyncPredictFunction {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final RowType type;

    private transient Collection<RowData> result;

    private AsyncFunction(String file, RowType type) {
      this.file = file;
      this.type = type;
    }

    @Override
    public void open(FunctionContext context) {
      result = readResult(file, type);
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
      return CompletableFuture.completedFuture(result);
    }
  }
}
