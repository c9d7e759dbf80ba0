// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Set;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * Connector {@code bench-sink}: discards rows, and reports their arrival times or their latencies.
 */
public final class SinkTableFactory implements DynamicTableSinkFactory {

  private static final ConfigOption<String> REPORT =
      ConfigOptions.key("report")
          .stringType()
          .noDefaultValue()
          .withDescription("The directory where each subtask writes its report.");

  private static final ConfigOption<Boolean> LATENCY =
      ConfigOptions.key("latency")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether to record the age of each row; otherwise the number of rows over time.");

  @Override
  public String factoryIdentifier() {
    return "bench-sink";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(REPORT);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of(LATENCY);
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    ReadableConfig options = helper.getOptions();
    if (!options.get(LATENCY)) {
      return new SinkTable(new CountingSink(options.get(REPORT)));
    }
    DataType first = DataType.getFieldDataTypes(context.getPhysicalRowDataType()).get(0);
    if (!first.getLogicalType().is(LogicalTypeRoot.BIGINT)) {
      throw new ValidationException(
          "The first column of 'bench-sink' with 'latency' is "
              + first
              + "; it holds when a row was due and must be BIGINT.");
    }
    return new SinkTable(new LatencySink(options.get(REPORT)));
  }

  private static final class SinkTable implements DynamicTableSink {

    private final Sink<RowData> sink;

    SinkTable(Sink<RowData> sink) {
      this.sink = sink;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
      return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
      return SinkV2Provider.of(sink);
    }

    @Override
    public DynamicTableSink copy() {
      return new SinkTable(sink);
    }

    @Override
    public String asSummaryString() {
      return "bench-sink";
    }
  }
}
