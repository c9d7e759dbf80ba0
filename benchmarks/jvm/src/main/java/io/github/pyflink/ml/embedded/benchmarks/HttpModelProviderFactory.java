// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.net.URI;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.types.logical.RowType;

/**
 * Provider {@code bench-http}: an asynchronous HTTP request to a model server for each row. The
 * request is a JSON object, and the response has a line with a JSON object for each result.
 */
public final class HttpModelProviderFactory implements ModelProviderFactory {

  private static final ConfigOption<String> URL =
      ConfigOptions.key("url")
          .stringType()
          .noDefaultValue()
          .withDescription("The URL that receives rows by POST.");

  @Override
  public String factoryIdentifier() {
    return "bench-http";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(URL);
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
    return new HttpModelProvider(
        URI.create(helper.getOptions().get(URL)),
        JsonRows.type(context.getCatalogModel().getResolvedInputSchema()),
        JsonRows.type(context.getCatalogModel().getResolvedOutputSchema()));
  }

  private static final class HttpModelProvider implements AsyncPredictRuntimeProvider {

    private final URI url;
    private final RowType input;
    private final RowType output;

    HttpModelProvider(URI url, RowType input, RowType output) {
      this.url = url;
      this.input = input;
      this.output = output;
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
      return new HttpPredictFunction(url, input, output);
    }

    @Override
    public ModelProvider copy() {
      return new HttpModelProvider(url, input, output);
    }
  }
}
