// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.NativeMetric;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;

/**
 * One metric of a subtask that the versions of its model, and the processes that they run in, write
 * one after another: counts go on, and other values are those of the newest. For any thread.
 */
final class MetricSources {

  private final NativeMetric.Kind kind;

  @GuardedBy("this")
  private final List<NativeMetric> sources = new ArrayList<>();

  /** What sources have counted that were dropped. */
  @GuardedBy("this")
  private long past;

  MetricSources(NativeMetric.Kind kind) {
    this.kind = kind;
  }

  NativeMetric.Kind kind() {
    return kind;
  }

  synchronized void add(NativeMetric source) {
    for (NativeMetric old : List.copyOf(sources)) {
      if (old.isClosed()) {
        past += old.count();
        sources.remove(old);
      }
    }
    sources.add(source);
  }

  /** Registers the metric, under the name and with the period of its first source. */
  void register(MetricGroup group, NativeMetric first) {
    Counter counter = new CounterView(this::count);
    switch (kind) {
      case COUNTER:
        group.counter(first.name(), counter);
        break;
      case METER:
        group.meter(first.name(), new MeterView(counter, first.spanSeconds()));
        break;
      case GAUGE:
        group.gauge(first.name(), (Gauge<Number>) this::value);
        break;
      default:
        group.histogram(first.name(), new Distribution());
        break;
    }
  }

  private synchronized long count() {
    return past + sources.stream().mapToLong(NativeMetric::count).sum();
  }

  /** Returns whole numbers as such, which look better in the web interface. */
  private Number value() {
    double value = newest().value();
    long whole = (long) value;
    return whole == value ? (Number) whole : (Number) value;
  }

  private synchronized NativeMetric newest() {
    return sources.get(sources.size() - 1);
  }

  private final class Distribution implements Histogram {

    @Override
    public void update(long value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long getCount() {
      return count();
    }

    @Override
    public HistogramStatistics getStatistics() {
      return new ValueStatistics(newest().values());
    }
  }
}
