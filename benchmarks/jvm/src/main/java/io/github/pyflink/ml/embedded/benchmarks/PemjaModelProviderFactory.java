// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;
import org.apache.flink.table.runtime.typeutils.PythonTypeUtils;
import org.apache.flink.table.runtime.typeutils.PythonTypeUtils.DataConverter;

/**
 * Provider {@code bench-pemja}: calls a Python function directly through PemJa, row by row, as the
 * proofs of concept of FLIP-552 do.
 */
public final class PemjaModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<String> PYTHON_EXECUTABLE =
      ConfigOptions.key("python.executable")
          .stringType()
          .noDefaultValue()
          .withDescription("The Python executable whose PemJa is used.");

  private static final ConfigOption<String> INIT =
      ConfigOptions.key("init")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Python code that runs at open and sets 'predict_function', an object whose method"
                  + " predict takes the fields as a tuple and returns a list of tuples.");

  @Override
  public String factoryIdentifier() {
    return "bench-pemja";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(PYTHON_EXECUTABLE, INIT);
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
    ReadableConfig options = helper.getOptions();
    return new PemjaModelProvider(
        options.get(PYTHON_EXECUTABLE),
        options.get(INIT),
        converters(context.getCatalogModel().getResolvedInputSchema()),
        converters(context.getCatalogModel().getResolvedOutputSchema()));
  }

  private static DataConverter<?, ?, ?>[] converters(ResolvedSchema schema) {
    List<Column> columns = schema.getColumns();
    return columns.stream()
        .map(PemjaModelProviderFactory::converter)
        .toArray(DataConverter<?, ?, ?>[]::new);
  }

  private static DataConverter<?, ?, ?> converter(Column column) {
    try {
      return PythonTypeUtils.toDataConverter(column.getDataType().getLogicalType());
    } catch (UnsupportedOperationException e) {
      throw new ValidationException(
          String.format(
              "Column '%s': PemJa does not support %s.", column.getName(), column.getDataType()),
          e);
    }
  }

  private static final class PemjaModelProvider implements PredictRuntimeProvider {

    private final String executable;
    private final String init;
    private final DataConverter<?, ?, ?>[] inputs;
    private final DataConverter<?, ?, ?>[] outputs;

    PemjaModelProvider(
        String executable,
        String init,
        DataConverter<?, ?, ?>[] inputs,
        DataConverter<?, ?, ?>[] outputs) {
      this.executable = executable;
      this.init = init;
      this.inputs = inputs;
      this.outputs = outputs;
    }

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new PemjaPredictFunction(executable, init, inputs, outputs);
    }

    @Override
    public ModelProvider copy() {
      return new PemjaModelProvider(executable, init, inputs, outputs);
    }
  }
}
