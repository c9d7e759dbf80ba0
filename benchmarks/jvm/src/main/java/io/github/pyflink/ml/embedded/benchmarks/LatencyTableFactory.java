package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Connector {@code bench-latency}: a sink for rows of {@code bench-paced}, whose first column is
 * the time at which they were due. It writes how old each was when it came to a file.
 */
public final class LatencyTableFactory implements DynamicTableSinkFactory {

  private static final ConfigOption<String> REPORT =
      ConfigOptions.key("report")
          .stringType()
          .noDefaultValue()
          .withDescription("The file to write: a line of nanoseconds for each row, in order.");

  @Override
  public String factoryIdentifier() {
    return "bench-latency";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(REPORT);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DynamicTableSink createDynamicTableSink(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    return new LatencyTable(helper.getOptions().get(REPORT));
  }

  private static final class LatencyTable implements DynamicTableSink {

    private final String report;

    LatencyTable(String report) {
      this.report = report;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
      return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
      return SinkV2Provider.of(new LatencySink(report));
    }

    @Override
    public DynamicTableSink copy() {
      return new LatencyTable(report);
    }

    @Override
    public String asSummaryString() {
      return "bench-latency";
    }
  }
}
