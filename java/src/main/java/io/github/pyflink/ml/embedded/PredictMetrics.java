// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.FunctionListener;
import io.github.pyflink.ml.embedded.python.NativeMetric;
import io.github.pyflink.ml.embedded.python.NativeMetrics;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics of one subtask.
 *
 * <p>They are in a group whose key is {@code model_inference} and whose value is the model's name.
 * Reporters with labels, such as that of Prometheus, thus give them the names of Flink's own model
 * providers, and the model's name as a label.
 */
final class PredictMetrics implements FunctionListener {

  private static final Logger LOG = LoggerFactory.getLogger(PredictMetrics.class);

  private static final double MILLISECONDS = 1e-6; // of a nanosecond

  private final PythonModel model;
  private final MetricGroup group;
  private final MetricGroup detailed;
  private final Counter successes;
  private final Counter failures;
  private final Map<FailureKind, Counter> failuresByKind = new EnumMap<>(FailureKind.class);
  private final Counter retries;
  private final Counter timeouts;
  private final Counter rowsOutput;
  private final Histogram latency;

  /** Those that native code and user code write, by their groups and names. */
  @GuardedBy("sources")
  private final Map<String, MetricSources> sources = new HashMap<>();

  private volatile OpenModel current;

  /**
   * Registers the metrics that all models have.
   *
   * @param counter creates a counter of rows
   * @param rowsInput returns how many rows the subtask has got
   */
  PredictMetrics(
      FunctionContext context,
      PythonModel model,
      Supplier<Counter> counter,
      LongSupplier rowsInput) {
    MetricsLevel level = model.metricsLevel();
    MetricGroup none = new UnregisteredMetricsGroup();
    this.model = model;
    group =
        level == MetricsLevel.OFF
            ? none
            : context.getMetricGroup().addGroup("model_inference", model.name());
    detailed = level == MetricsLevel.DETAILED ? group : none;
    successes = group.counter("inference_requests_success", counter.get());
    failures = group.counter("inference_requests_failure", counter.get());
    group.counter(
        "inference_requests", new CounterView(() -> successes.getCount() + failures.getCount()));
    for (FailureKind kind : FailureKind.values()) {
      String name = "inference_failures_" + kind.name().toLowerCase(Locale.ROOT);
      failuresByKind.put(kind, group.counter(name, counter.get()));
    }
    retries = group.counter("inference_retries", counter.get());
    timeouts = group.counter("inference_timeouts", new ThreadSafeSimpleCounter());
    group.counter("inference_rows_input", new CounterView(rowsInput));
    rowsOutput = group.counter("inference_rows_output", counter.get());
    latency = group.histogram("inference_latency_ms", new RecentValues(MILLISECONDS));
  }

  /** Registers a histogram of the rows in a call. */
  Histogram batchSizes() {
    return group.histogram("batch_size", new RecentValues(1));
  }

  /** Registers a histogram of the nanoseconds that a row waits until its batch is predicted. */
  Histogram waiting() {
    return detailed.histogram("inference_waiting_ms", new RecentValues(MILLISECONDS));
  }

  /** Registers a counter of the new versions that took over. */
  Counter reloads() {
    return group.counter("model_reloads", new ThreadSafeSimpleCounter());
  }

  /** Registers a counter of the failed attempts to fetch or open a new version. */
  Counter failedReloads() {
    return group.counter("model_reloads_failed", new ThreadSafeSimpleCounter());
  }

  /** Returns the histogram of the nanoseconds from when a row is there until its results are. */
  Histogram latency() {
    return latency;
  }

  /**
   * Counts rows that were predicted.
   *
   * @param results the number of their results
   */
  void succeeded(int rows, int results) {
    successes.inc(rows);
    rowsOutput.inc(results);
  }

  /** Counts a row that has failed and is not predicted again. */
  void failed(RuntimeException failure) {
    FailureKind kind = FailureKind.of(failure);
    failures.inc();
    failuresByKind.get(kind).inc();
  }

  /** Counts a result that takes the place of those of a row that has failed. */
  void replaced() {
    rowsOutput.inc();
  }

  /** Counts a row that is predicted again. */
  void retried() {
    retries.inc();
  }

  /** Notes the version that predicts from now on. The first call registers its metrics. */
  void predictsWith(OpenModel version) {
    boolean isFirst = current == null;
    current = version;
    if (!isFirst) {
      return;
    }
    group.gauge("model_load_time_ms", (Gauge<Long>) () -> current.openTime().toMillis());
    if (version.directory() != null) {
      group.gauge("model_version", (Gauge<String>) () -> current.directory().version());
    }
    if (model.runsInWorkers()) {
      group.gauge("worker_restarts", (Gauge<Long>) () -> current.function().process().restarts());
      group.gauge(
          "worker_memory_bytes", (Gauge<Long>) () -> current.function().process().residentBytes());
    }
  }

  @Override
  public void opened(NativeMetrics metrics) {
    synchronized (sources) {
      metrics.metrics().forEach(this::add);
    }
  }

  @Override
  public void timedOut() {
    timeouts.inc();
  }

  @GuardedBy("sources")
  private void add(NativeMetric metric) {
    String key = metric.groups() + metric.name();
    MetricSources known = sources.get(key);
    if (known != null && known.kind() != metric.kind()) {
      LOG.warn(
          "Model '{}': the metric '{}' was a {} in an earlier version and is a {} in this one. It"
              + " is not reported until the job restarts.",
          model.name(),
          metric.name(),
          known.kind(),
          metric.kind());
      return;
    }
    if (known != null) {
      known.add(metric);
      return;
    }
    MetricSources first = new MetricSources(metric.kind());
    first.add(metric);
    sources.put(key, first);
    first.register(groupOf(metric), metric);
  }

  private MetricGroup groupOf(NativeMetric metric) {
    if (metric.groups() == null) {
      return metric.isDetailed() ? detailed : group;
    }
    MetricGroup inner = group.addGroup("user");
    for (NativeMetric.Group each : metric.groups()) {
      inner =
          each.value == null ? inner.addGroup(each.name) : inner.addGroup(each.name, each.value);
    }
    return inner;
  }

  /** Returns how many rows have succeeded. */
  long successes() {
    return successes.getCount();
  }
}
