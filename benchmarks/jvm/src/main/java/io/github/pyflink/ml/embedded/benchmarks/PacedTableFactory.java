package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;

/**
 * Connector {@code bench-paced}: a source of rows at a steady pace. The first column, a BIGINT, is
 * the time at which the row was due, by {@link System#nanoTime}; the others are doubles.
 */
public final class PacedTableFactory implements DynamicTableSourceFactory {

  private static final ConfigOption<Long> NUMBER_OF_ROWS =
      ConfigOptions.key("number-of-rows")
          .longType()
          .noDefaultValue()
          .withDescription("How many rows the source emits before it ends.");

  private static final ConfigOption<Long> ROWS_PER_SECOND =
      ConfigOptions.key("rows-per-second")
          .longType()
          .noDefaultValue()
          .withDescription("How many rows a subtask of the source emits each second.");

  @Override
  public String factoryIdentifier() {
    return "bench-paced";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(NUMBER_OF_ROWS, ROWS_PER_SECOND);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    return new PacedTable(
        context.getPhysicalRowDataType(),
        helper.getOptions().get(NUMBER_OF_ROWS),
        helper.getOptions().get(ROWS_PER_SECOND));
  }

  private static final class PacedTable implements ScanTableSource {

    private final DataType rowType;
    private final long rows;
    private final long rowsPerSecond;

    PacedTable(DataType rowType, long rows, long rowsPerSecond) {
      this.rowType = rowType;
      this.rows = rows;
      this.rowsPerSecond = rowsPerSecond;
    }

    @Override
    public ChangelogMode getChangelogMode() {
      return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
      int doubles = DataType.getFieldCount(rowType) - 1;
      long pace = rowsPerSecond; // the lambda must not hold this table, which is not serializable
      return SourceProvider.of(
          new RowSource(rows, reader -> new PacedReader(reader, doubles, pace)));
    }

    @Override
    public DynamicTableSource copy() {
      return new PacedTable(rowType, rows, rowsPerSecond);
    }

    @Override
    public String asSummaryString() {
      return "bench-paced";
    }
  }
}
