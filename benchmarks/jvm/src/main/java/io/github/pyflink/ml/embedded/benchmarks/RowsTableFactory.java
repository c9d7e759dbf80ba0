// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * Connector {@code bench-rows}: a bounded source that emits the rows of a file repeatedly. All rows
 * are built before the first is emitted, so that only the job after the source is measured.
 */
public final class RowsTableFactory implements DynamicTableSourceFactory {

  @Override
  public String factoryIdentifier() {
    return "bench-rows";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return RowsOptions.REQUIRED;
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return RowsOptions.OPTIONAL;
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    FactoryUtil.createTableFactoryHelper(this, context).validate();
    Configuration options = Configuration.fromMap(context.getCatalogTable().getOptions());
    RowsOptions.validate(options);
    RowType table = (RowType) context.getPhysicalRowDataType().getLogicalType();
    boolean stamped = options.get(RowsOptions.STAMP) != RowsOptions.Stamp.NONE;
    return new RowsTable(stamped ? withoutStamp(table) : table, options);
  }

  private static RowType withoutStamp(RowType table) {
    List<RowType.RowField> fields = table.getFields();
    RowType.RowField stamp = fields.get(0);
    if (!stamp.getType().is(LogicalTypeRoot.BIGINT)) {
      throw new ValidationException(
          String.format(
              "Column '%s' is %s; it holds the stamp of 'bench-rows' and must be BIGINT.",
              stamp.getName(), stamp.getType()));
    }
    return new RowType(false, fields.subList(1, fields.size()));
  }

  private static final class RowsTable implements ScanTableSource {

    private final RowType fileType;
    private final Configuration options;

    RowsTable(RowType fileType, Configuration options) {
      this.fileType = fileType;
      this.options = options;
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      return SourceProvider.of(new RowSource(fileType, options));
    }

    @Override
    public DynamicTableSource copy() {
      return new RowsTable(fileType, options);
    }

    @Override
    public String asSummaryString() {
      return "bench-rows";
    }
  }
}
