package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * Connector {@code bench-replay}: a bounded FLIP-27 source that emits the same few prebuilt rows of
 * doubles again and again, so that what is measured is the job behind the source.
 */
public final class ReplayTableFactory implements DynamicTableSourceFactory {

  private static final ConfigOption<Long> NUMBER_OF_ROWS =
      ConfigOptions.key("number-of-rows")
          .longType()
          .noDefaultValue()
          .withDescription("How many rows the source emits before it ends.");

  @Override
  public String factoryIdentifier() {
    return "bench-replay";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(NUMBER_OF_ROWS);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    DataType rowType = context.getPhysicalRowDataType();
    for (DataType column : DataType.getFieldDataTypes(rowType)) {
      if (!column.getLogicalType().is(LogicalTypeRoot.DOUBLE)) {
        throw new ValidationException(
            "Connector 'bench-replay' has DOUBLE columns only, found " + column + ".");
      }
    }
    return new ReplayTable(rowType, helper.getOptions().get(NUMBER_OF_ROWS));
  }

  private static final class ReplayTable implements ScanTableSource {

    private final DataType rowType;
    private final long rows;

    ReplayTable(DataType rowType, long rows) {
      this.rowType = rowType;
      this.rows = rows;
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      int columns = DataType.getFieldCount(rowType);
      return SourceProvider.of(new RowSource(rows, reader -> new ReplayReader(reader, columns)));
    }

    @Override
    public DynamicTableSource copy() {
      return new ReplayTable(rowType, rows);
    }

    @Override
    public String asSummaryString() {
      return "bench-replay";
    }
  }
}
