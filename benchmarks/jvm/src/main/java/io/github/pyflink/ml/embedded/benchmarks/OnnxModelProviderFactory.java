// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * Provider {@code bench-onnx}: an ONNX file, run by ONNX Runtime's Java API, row by row.
 *
 * <p>The job must provide the jar of ONNX Runtime, which is not in the benchmarks' jar.
 */
public final class OnnxModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<String> FILE =
      ConfigOptions.key("file")
          .stringType()
          .noDefaultValue()
          .withDescription("A file with one input [N, columns] and one output [N, columns].");

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
    return Set.of();
  }

  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    helper.validate();
    checkColumns(context.getCatalogModel().getResolvedInputSchema(), NUMBERS);
    checkColumns(
        context.getCatalogModel().getResolvedOutputSchema(), EnumSet.of(LogicalTypeRoot.DOUBLE));
    return new OnnxModelProvider(helper.getOptions().get(FILE));
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

  private static final class OnnxModelProvider implements PredictRuntimeProvider {

    private final String file;

    OnnxModelProvider(String file) {
      this.file = file;
    }

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new OnnxPredictFunction(
          file,
          context.getCatalogModel().getResolvedInputSchema().getColumnCount(),
          context.getCatalogModel().getResolvedOutputSchema().getColumnCount());
    }

    @Override
    public ModelProvider copy() {
      return new OnnxModelProvider(file);
    }
  }
}
