// SPDX-License-Identifier: Apache-2.0
package example.payments;

import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** Creates models with {@code 'provider' = 'payment-rules'}, whose options have types. */
public final class PaymentRulesFactory implements ModelProviderFactory {

  /** An option of Flink's configuration: users of models need not know where the product is. */
  static final ConfigOption<String> DIRECTORY =
      ConfigOptions.key("payment-rules.directory")
          .stringType()
          .defaultValue("/opt/payment-rules")
          .withDescription("The directory of the Python files, on every TaskManager.");

  static final ConfigOption<Double> THRESHOLD =
      ConfigOptions.key("threshold")
          .doubleType()
          .noDefaultValue()
          .withDescription("The score from which on a payment is suspicious, from 0 to 1.");

  static final ConfigOption<Map<String, String>> USUAL_AMOUNTS =
      ConfigOptions.key("usual-amounts")
          .mapType()
          .defaultValue(Map.of())
          .withDescription("The usual amounts of countries, as 'DE:80,FR:75'.");

  @Override
  public String factoryIdentifier() {
    return "payment-rules";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(THRESHOLD);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(USUAL_AMOUNTS);
  }

  @Override
  public ModelProvider createModelProvider(Context context) {
    FactoryUtil.ModelProviderFactoryHelper helper =
        FactoryUtil.createModelProviderFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    double threshold = options.get(THRESHOLD);
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new ValidationException(
          String.format(
              "The option 'threshold' of the model %s is %s; it must be from 0 to 1.",
              context.getObjectIdentifier(), threshold));
    }
    return new PaymentRulesProvider(new PaymentRulesFunction(context, options));
  }
}
