// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.DataTypes.Field;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.ml.ModelProvider;

/** Creates model providers as the planner does: found by identifier, for a resolved model. */
final class Models {

  private Models() {}

  static ModelProvider provider(
      Map<String, String> options, Configuration configuration, Field input, Field output) {
    ResolvedSchema inputSchema = schema(input);
    ResolvedSchema outputSchema = schema(output);
    CatalogModel model =
        CatalogModel.of(
            Schema.newBuilder().fromResolvedSchema(inputSchema).build(),
            Schema.newBuilder().fromResolvedSchema(outputSchema).build(),
            options,
            null);
    return FactoryUtil.createModelProvider(
        null,
        ObjectIdentifier.of("catalog", "database", "fraud"),
        ResolvedCatalogModel.of(model, inputSchema, outputSchema),
        configuration,
        Models.class.getClassLoader(),
        false);
  }

  /** Returns the context of a query with this CONFIG. */
  static ModelProvider.Context query(Map<String, String> config) {
    return new ModelProvider.Context() {
      @Override
      public ResolvedCatalogModel getCatalogModel() {
        throw new UnsupportedOperationException();
      }

      @Override
      public ReadableConfig runtimeConfig() {
        return Configuration.fromMap(config);
      }
    };
  }

  private static ResolvedSchema schema(Field field) {
    return ResolvedSchema.of(Column.physical(field.getName(), field.getDataType()));
  }
}
