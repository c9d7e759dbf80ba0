// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * Provider {@code bench-onnx}: an ONNX file, run by ONNX Runtime's Java API, row by row. With the
 * option {@code async} it uses Flink's asynchronous interface, and predicts rows in batches.
 *
 * <p>The job must provide the jar of ONNX Runtime, which is not in the benchmarks' jar.
 */
public final class OnnxModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<String> FILE =
      ConfigOptions.key("file")
          .stringType()
          .noDefaultValue()
          .withDescription("A file with one input [N, columns] and one output [N, columns].");

  private static final ConfigOption<Boolean> ASYNC =
      ConfigOptions.key("async")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether rows are predicted in batches.");

  private static final ConfigOption<Integer> BATCH_SIZE =
      ConfigOptions.key("batch-size")
          .intType()
          .defaultValue(1024)
          .withDescription("The most rows of a batch.");

  private static final Set<LogicalTypeRoot> NUMBERS =
      EnumSet.of(
          LogicalTypeRoot.TINYINT,
          LogicalTypeRoot.SMALLINT,
          LogicalTypeRoot.INTEGER,
          LogicalTypeRoot.BIGINT,
          LogicalTypeRoot.FLOAT,
          LogicalTypeRoot.DOUBLE);

  @Override
  public String factoryIdentifier() {
    return "bench-onnx";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(FILE);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(ASYNC, BATCH_SIZE);
  }

  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    helper.validate();
    checkColumns(context.getCatalogModel().getResolvedInputSchema(), NUMBERS);
    checkColumns(
        context.getCatalogModel().getResolvedOutputSchema(), EnumSet.of(LogicalTypeRoot.DOUBLE));
    ReadableConfig options = helper.getOptions();
    return options.get(ASYNC)
        ? new AsyncProvider(options.get(FILE), options.get(BATCH_SIZE))
        : new SyncProvider(options.get(FILE));
  }

  private static void checkColumns(ResolvedSchema schema, Set<LogicalTypeRoot> valid) {
    for (Column column : schema.getColumns()) {
      if (!valid.contains(column.getDataType().getLogicalType().getTypeRoot())) {
        throw new ValidationException(
            String.format(
                "Column '%s' of 'bench-onnx' is %s; it must be one of %s.",
                column.getName(), column.getDataType(), valid));
      }
    }
  }

  private static int inputColumns(ModelProvider.Context context) {
    return context.getCatalogModel().getResolvedInputSchema().getColumnCount();
  }

  private static int outputColumns(ModelProvider.Context context) {
    return context.getCatalogModel().getResolvedOutputSchema().getColumnCount();
  }

  private static final class SyncProvider implements PredictRuntimeProvider {

    private final String file;

    SyncProvider(String file) {
      this.file = file;
    }

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new OnnxPredictFunction(file, inputColumns(context), outputColumns(context));
    }

    @Override
    public ModelProvider copy() {
      return new SyncProvider(file);
    }
  }

  private static final class AsyncProvider implements AsyncPredictRuntimeProvider {

    private final String file;
    private final int batchSize;

    AsyncProvider(String file, int batchSize) {
      this.file = file;
      this.batchSize = batchSize;
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
      return new OnnxBatchPredictFunction(
          file, inputColumns(context), outputColumns(context), batchSize);
    }

    @Override
    public ModelProvider copy() {
      return new AsyncProvider(file, batchSize);
    }
  }
}
