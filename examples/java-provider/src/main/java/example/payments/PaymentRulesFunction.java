// SPDX-License-Identifier: Apache-2.0
package example.payments;

import io.github.pyflink.ml.embedded.PythonPredictFunction;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.factories.ModelProviderFactory;

/** Names the Python class, and hands the options over as its {@code init_properties}. */
final class PaymentRulesFunction extends PythonPredictFunction {

  private final String directory;
  private final Map<String, String> properties = new HashMap<>();

  PaymentRulesFunction(ModelProviderFactory.Context context, ReadableConfig options) {
    super(context, options);
    directory = context.getConfiguration().get(PaymentRulesFactory.DIRECTORY);
    options
        .get(PaymentRulesFactory.USUAL_AMOUNTS)
        .forEach((country, amount) -> properties.put("usual." + country, amount));
    properties.put("threshold", String.valueOf(options.get(PaymentRulesFactory.THRESHOLD)));
  }

  @Override
  public String getPythonClass() {
    return "payment_rules.PaymentRules";
  }

  @Override
  public String getModelConfig() {
    return modelConfig(directory, properties);
  }
}
