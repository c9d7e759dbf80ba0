// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;

/** Functions of tests/models/worker.py in worker processes, which a test opens. */
final class Workers {

  static final ResolvedSchema INPUT = ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));
  static final ResolvedSchema OUTPUT = ResolvedSchema.of(Column.physical("y", DataTypes.DOUBLE()));

  private final List<AutoCloseable> open = new ArrayList<>();

  /** Opens a function of {@code (x DOUBLE)}; options are alternating keys and values. */
  PredictFunction open(String pythonClass, ResolvedSchema output, String... options)
      throws Exception {
    PredictFunction function =
        PredictFunctions.open(
            "worker." + pythonClass,
            INPUT,
            output,
            options(options),
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    open.add(function::close);
    return function;
  }

  /** Opens a function of {@code (x DOUBLE)} that answers {@code (y DOUBLE)} in batches. */
  AsyncPredictFunction openAsync(String pythonClass, String... options) throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync("worker." + pythonClass, INPUT, OUTPUT, options(options));
    open.add(function::close);
    return function;
  }

  /** Closes all functions. */
  void close() throws Exception {
    for (AutoCloseable function : open) {
      function.close();
    }
    open.clear();
  }

  static double predict(PredictFunction function, double x) {
    return function.predict(GenericRowData.of(x)).iterator().next().getDouble(0);
  }

  static List<CompletableFuture<Collection<RowData>>> predictAll(
      AsyncPredictFunction function, int rows) {
    List<CompletableFuture<Collection<RowData>>> results = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      results.add(function.asyncPredict(GenericRowData.of((double) i)));
    }
    return results;
  }

  /** Returns the results of all rows that have one. */
  static List<Double> values(List<CompletableFuture<Collection<RowData>>> results) {
    return results.stream()
        .flatMap(result -> result.join().stream())
        .map(row -> row.getDouble(0))
        .collect(Collectors.toList());
  }

  /** Returns the worker processes of this JVM. */
  static List<ProcessHandle> processes() {
    return ProcessHandle.current()
        .children()
        .filter(
            child ->
                child.info().command().map(command -> command.contains("python")).orElse(false))
        .collect(Collectors.toList());
  }

  /** Kills the only worker process, as the kernel does when memory is short. */
  static void kill() {
    assertThat(processes()).hasSize(1);
    processes().get(0).destroyForcibly();
  }

  private static Map<String, String> options(String... options) {
    Map<String, String> all = new HashMap<>(Map.of("execution-mode", "process"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return all;
  }
}
