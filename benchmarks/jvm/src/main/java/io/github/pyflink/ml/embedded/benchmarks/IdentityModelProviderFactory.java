package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;

/**
 * Provider {@code bench-identity}: the result is the first field, a double, without any Python. Its
 * cost is what the job itself costs.
 */
public final class IdentityModelProviderFactory implements ModelProviderFactory {

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
    return Set.of();
  }

  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.createModelProviderFactoryHelper(this, context).validate();
    return new IdentityModelProvider();
  }

  private static final class IdentityModelProvider implements PredictRuntimeProvider {

    @Override
    public PredictFunction createPredictFunction(Context context) {
      return new IdentityPredictFunction();
    }

    @Override
    public ModelProvider copy() {
      return new IdentityModelProvider();
    }
  }

  /** Public, because the code that Flink generates calls it. */
  public static final class IdentityPredictFunction extends PredictFunction {

    private static final long serialVersionUID = 1L;

    @Override
    public Collection<RowData> predict(RowData row) {
      return List.of(GenericRowData.of(row.getDouble(0)));
    }
  }
}
