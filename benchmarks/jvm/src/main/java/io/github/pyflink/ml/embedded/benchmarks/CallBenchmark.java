// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.PredictFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does one call of a Python predict function from Java cost, with the provider {@code
 * generic-python} and with PemJa?
 *
 * <p>Both call the same method of the same class through {@link PredictFunction#predict}, as Flink
 * does. Each has its own JVM, because PemJa can deadlock on a thread that also calls Python in
 * another way.
 *
 * <p>The system property {@code bench.python} is the Python executable, and {@code bench.models}
 * the directory of its module {@code identity}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CallBenchmark {

  /** Predicts the rows of a workload in turn, on the thread that opened it. */
  @State(Scope.Thread)
  public abstract static class Calls {

    @Param({"double_1", "double_8", "double_32", "string_4"})
    public String workload;

    private PredictFunction function;
    private RowData[] rows;
    private int next;

    abstract Map<String, String> options();

    /** Opens the function and checks its result for every row. */
    @Setup(Level.Trial)
    public void open() throws Exception {
      Workload calls = Workload.of(workload);
      function = PredictFunctions.open(calls.inputSchema(), calls.outputSchema(), options());
      rows = calls.rowData();
      for (RowData row : rows) {
        calls.checkResults(row, function.predict(row));
      }
    }

    void predict(Blackhole results) {
      function.predict(rows[next]).forEach(results::consume);
      next = (next + 1) % rows.length;
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
      function.close();
    }
  }

  /** The provider {@code generic-python}. */
  public static class Embedded extends Calls {

    @Override
    Map<String, String> options() {
      return Map.of(
          "provider",
          "generic-python",
          "python.executable",
          property("bench.python"),
          "model-directory-path",
          property("bench.models"),
          "python-predict-class",
          "identity.Identity");
    }
  }

  /** The provider {@code bench-pemja}. */
  public static class Pemja extends Calls {

    @Override
    Map<String, String> options() {
      List<String> init =
          List.of(
              "import sys",
              "sys.path.append('" + property("bench.models") + "')",
              "from identity import Identity",
              "predict_function = Identity()");
      return Map.of(
          "provider", "bench-pemja",
          "python.executable", property("bench.python"),
          "init", String.join("\n", init));
    }
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("set the system property " + name);
    }
    return value;
  }

  @Benchmark
  public void embedded(Embedded calls, Blackhole results) {
    calls.predict(results);
  }

  @Benchmark
  public void pemja(Pemja calls, Blackhole results) {
    calls.predict(results);
  }
}
