// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.function.Supplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.apache.flink.table.functions.FunctionContext;

/** The metrics of one subtask, with the names of Flink's own model providers. */
final class PredictMetrics {

  private static final int BATCHES = 1000;

  private final MetricGroup group;
  private final Counter requests;
  private final Counter successes;
  private final Counter failures;
  private final Counter retries;

  /** Registers counters of rows, each created by {@code counter}. */
  PredictMetrics(FunctionContext context, Supplier<Counter> counter) {
    group = context.getMetricGroup().addGroup("model_inference");
    requests = group.counter("inference_requests", counter.get());
    successes = group.counter("inference_requests_success", counter.get());
    failures = group.counter("inference_requests_failure", counter.get());
    retries = group.counter("inference_retries", counter.get());
  }

  /** Registers a histogram of the sizes of the last batches, in rows. */
  Histogram batchSizes() {
    return group.histogram("batch_size", new DescriptiveStatisticsHistogram(BATCHES));
  }

  /** Registers a counter of the new versions that took over. */
  Counter reloads() {
    return group.counter("model_reloads", new ThreadSafeSimpleCounter());
  }

  /** Registers a counter of the failed attempts to fetch or open a new version. */
  Counter failedReloads() {
    return group.counter("model_reloads_failed", new ThreadSafeSimpleCounter());
  }

  void succeeded(int rows) {
    requests.inc(rows);
    successes.inc(rows);
  }

  /** Counts a row that has failed and is not predicted again. */
  void failed(RuntimeException failure) {
    requests.inc();
    failures.inc();
  }

  /** Counts a row that is predicted again. */
  void retried() {
    retries.inc();
  }

  /** Returns how many rows have succeeded. */
  long successes() {
    return successes.getCount();
  }
}
