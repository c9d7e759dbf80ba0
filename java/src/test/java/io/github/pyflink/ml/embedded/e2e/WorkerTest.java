// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static io.github.pyflink.ml.embedded.e2e.Workers.OUTPUT;
import static io.github.pyflink.ml.embedded.e2e.Workers.predict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model in a worker process behaves as one in the JVM, apart from it and from other models. */
@NeedsPython
@Timeout(120)
class WorkerTest {

  private static final ResolvedSchema SURROUNDINGS =
      ResolvedSchema.of(
          Column.physical("process", DataTypes.BIGINT()),
          Column.physical("child", DataTypes.BIGINT()),
          Column.physical("shared", DataTypes.BIGINT()),
          Column.physical("mark", DataTypes.STRING()));

  private static final ResolvedSchema ALL_TYPES =
      schema(
          DataTypes.BOOLEAN(),
          DataTypes.TINYINT(),
          DataTypes.SMALLINT(),
          DataTypes.INT(),
          DataTypes.BIGINT(),
          DataTypes.FLOAT(),
          DataTypes.DOUBLE(),
          DataTypes.STRING(),
          DataTypes.BYTES(),
          DataTypes.DATE(),
          DataTypes.TIME(3),
          DataTypes.TIMESTAMP(6),
          DataTypes.TIMESTAMP_LTZ(3),
          DataTypes.DECIMAL(20, 2),
          DataTypes.ARRAY(DataTypes.STRING()),
          DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
          DataTypes.ROW(DataTypes.FIELD("a", DataTypes.ARRAY(DataTypes.DOUBLE()))));

  @TempDir Path directory;

  private final Workers workers = new Workers();

  @AfterEach
  void close() throws Exception {
    workers.close();
    assertThat(Workers.processes()).isEmpty();
  }

  /** The columns are the same memory in another process, which grows while rows are written. */
  @Test
  void valuesOfAllTypesCross() throws Exception {
    for (int length : List.of(0, 5, 100_000)) {
      assertThat(echo("process", length)).isEqualTo(echo("thread", length));
    }
  }

  /** Slots, offsets and results of batches are shared too. */
  @Test
  void batchesOfAllTypesCross() throws Exception {
    assertThat(echoBatches("process")).isEqualTo(echoBatches("thread"));
  }

  /** Users compare the modes by their messages. */
  @Test
  void errorsHaveTheSameText() throws Exception {
    List<Map<String, String>> options =
        List.of(Map.of("execution-mode", "thread"), Map.of("execution-mode", "process"));
    List<Throwable> failures = new ArrayList<>();
    for (Map<String, String> each : options) {
      failures.add(catchThrowable(() -> predictOf("failing.RaisesValue", each)));
      failures.add(catchThrowable(() -> predictOf("failing.SecretText", each)));
      failures.add(catchThrowable(() -> predictOf("failing.FailsInOpen", each)));
      failures.add(catchThrowable(() -> predictOf("failing.FailsInClose", each)));
      failures.add(catchThrowable(() -> predictOf("failing.Missing", each)));
    }

    assertThat(failures).hasSize(10).allMatch(failure -> failure instanceof PythonException);
    assertThat(messages(failures.subList(5, 10))).isEqualTo(messages(failures.subList(0, 5)));
  }

  /** One TaskManager runs models of different environments. */
  @Test
  void executablesMayDiffer() throws Exception {
    PredictFunction first =
        workers.open("Process", SURROUNDINGS, "python.executable", executable("first"));
    PredictFunction second =
        workers.open("Process", SURROUNDINGS, "python.executable", executable("second"));

    assertThat(surroundings(first).getString(3)).hasToString("first");
    assertThat(surroundings(second).getString(3)).hasToString("second");
  }

  /** Subtasks share the memory of a large model. */
  @Test
  void functionsOfOneProcessShareObjects() throws Exception {
    List<Long> processes = new ArrayList<>();
    List<Long> objects = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RowData row = surroundings(workers.open("Process", SURROUNDINGS, "process-count", "1"));
      processes.add(row.getLong(0));
      objects.add(row.getLong(2));
    }

    assertThat(processes).containsOnly(processes.get(0));
    assertThat(objects).containsOnly(objects.get(0));
    assertThat(Workers.processes()).hasSize(1);
  }

  /** By default a crash or the GIL of one subtask does not concern another one. */
  @Test
  void subtasksHaveProcessesOfTheirOwn() throws Exception {
    PredictFunction first = workers.open("Process", SURROUNDINGS);
    PredictFunction second = workers.open("Process", SURROUNDINGS);

    assertThat(surroundings(first).getLong(0)).isNotEqualTo(surroundings(second).getLong(0));
  }

  /** What a model has started must not stay on the host. */
  @Test
  void childrenOfAModelEndWithIt() throws Exception {
    PredictFunction function = workers.open("Process", SURROUNDINGS);
    long closed = surroundings(function).getLong(1);
    assertThat(isAlive(closed)).isTrue();
    function.close();
    assertThat(isAlive(closed)).isFalse();

    PredictFunction killed = workers.open("Process", SURROUNDINGS);
    long orphan = surroundings(killed).getLong(1);
    Workers.kill();
    surroundings(killed); // by the process that replaces it
    assertThat(isAlive(orphan)).isFalse();
  }

  /** Output is how users look for problems, and code that closes streams must not break calls. */
  @Test
  void outputIsLoggedWithTheModel() throws Exception {
    try (LogCapture log = new LogCapture()) {
      PredictFunction function = workers.open("Prints", OUTPUT);
      assertThat(predict(function, 1)).isEqualTo(1);
      function.close();

      assertThat(log.text())
          .contains("INFO pyflink_ml_embedded.output model 'catalog.database.model': printed in")
          .contains("model 'catalog.database.model': written in open");
    }
  }

  /** A new version takes over in the same process. */
  @Test
  void newVersionTakesOver() throws Exception {
    VersionedModel model = new VersionedModel(directory);
    PredictFunction function = openVersions(model);
    assertThat(version(function)).isEqualTo(1);
    model.put(2);
    while (version(function) != 2) {
      assertThat(Workers.processes()).hasSize(1);
    }
    model.await("close 1");
    function.close();

    assertThat(model.steps()).containsExactly("open 1", "open 2", "close 1", "close 2");
  }

  /** A version that never opens must not keep a cancelled job. */
  @Test
  void closeEndsTheOpeningOfAVersion() throws Exception {
    VersionedModel model = new VersionedModel(directory);
    PredictFunction function = openVersions(model);
    assertThat(version(function)).isEqualTo(1);
    model.hold("open 2");
    model.put(2);
    model.await("open 2");

    long started = System.nanoTime();
    function.close();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(2));
    assertThat(Workers.processes()).isEmpty();
  }

  /** The same queries give the same results, in each subtask. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "64"})
  void queryGivesTheSameResults(String batchSize) {
    String[] lines = IntStream.range(0, 500).mapToObj(String::valueOf).toArray(String[]::new);
    List<Row> rows =
        new SqlSession(2)
            .csvTable("input_rows", "x DOUBLE", lines)
            .model(
                "doubler",
                "x DOUBLE",
                "y DOUBLE, batch BIGINT",
                "batches.Arrow",
                "execution-mode",
                "process",
                "batch-size",
                batchSize)
            .query("SELECT x, y FROM ML_PREDICT(TABLE input_rows, MODEL doubler, DESCRIPTOR(x))");

    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 500)
                .mapToObj(x -> Row.of((double) x, 2.0 * x))
                .collect(Collectors.toList()));
  }

  /** The user must learn what to install. */
  @Test
  void executableWithoutThePackageIsReported() throws IOException {
    Path script = directory.resolve("python");
    Files.writeString(script, "#!/bin/sh\necho no such environment >&2\nexit 7\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();

    assertThatThrownBy(
            () -> workers.open("Process", SURROUNDINGS, "python.executable", script.toString()))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("a worker process of the Python executable '" + script + "'")
        .hasMessageContaining("exit code 7, and printed:\nno such environment");
  }

  private static PredictFunction openVersions(VersionedModel model) throws Exception {
    Map<String, String> options = new HashMap<>(model.options());
    options.put("execution-mode", "process");
    return PredictFunctions.open(
        "versions.Rows",
        Workers.INPUT,
        schema(DataTypes.BIGINT(), DataTypes.BIGINT()),
        options,
        UnregisteredMetricsGroup.createOperatorMetricGroup());
  }

  private static List<RowData> echo(String mode, int length) throws Exception {
    PredictFunction function =
        PredictFunctions.open(
            "worker.Echo",
            ALL_TYPES,
            ALL_TYPES,
            Map.of("execution-mode", mode),
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    List<RowData> results = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      results.addAll(function.predict(row(i, length)));
      results.addAll(function.predict(new GenericRowData(ALL_TYPES.getColumnCount())));
    }
    function.close();
    return results;
  }

  private static List<RowData> echoBatches(String mode) throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "worker.EchoBatch",
            ALL_TYPES,
            ALL_TYPES,
            Map.of("execution-mode", mode, "batch-size", "64"));
    List<CompletableFuture<Collection<RowData>>> results = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      results.add(function.asyncPredict(row(i, i % 50)));
    }
    List<RowData> rows =
        results.stream().flatMap(result -> result.join().stream()).collect(Collectors.toList());
    function.close();
    return rows;
  }

  private static GenericRowData row(int i, int length) {
    StringData text = StringData.fromString("é".repeat(length));
    return GenericRowData.of(
        i % 2 == 0,
        (byte) i,
        (short) i,
        i,
        Long.MAX_VALUE - i,
        i / 3f,
        i / 3.0,
        text,
        text.toBytes(),
        19_000 + i,
        i,
        TimestampData.fromEpochMillis(i, 1000),
        TimestampData.fromEpochMillis(i),
        DecimalData.fromBigDecimal(new BigDecimal(i).movePointLeft(2), 20, 2),
        new GenericArrayData(new Object[] {text, null}),
        new GenericMapData(Map.of(text, i)),
        GenericRowData.of(
            new GenericArrayData(IntStream.range(0, length).mapToDouble(x -> x).toArray())));
  }

  private static void predictOf(String pythonClass, Map<String, String> options) throws Exception {
    PredictFunction function =
        PredictFunctions.open(
            pythonClass,
            ResolvedSchema.of(
                Column.physical("id", DataTypes.BIGINT()),
                Column.physical("secret", DataTypes.STRING())),
            ResolvedSchema.of(Column.physical("y", DataTypes.BIGINT())),
            options,
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    try {
      function.predict(GenericRowData.of(1L, StringData.fromString("secret")));
      function.predict(GenericRowData.of(2L, StringData.fromString("secret")));
    } finally {
      function.close();
    }
  }

  private static List<String> messages(List<Throwable> failures) {
    return failures.stream().map(Throwable::getMessage).collect(Collectors.toList());
  }

  /** Returns an executable that runs the Python of the tests with a variable. */
  private String executable(String mark) throws IOException {
    Path script = directory.resolve(mark);
    Files.writeString(
        script, "#!/bin/sh\nMARK=" + mark + " exec " + Python.executable() + " \"$@\"\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script.toString();
  }

  private static RowData surroundings(PredictFunction function) {
    return function.predict(GenericRowData.of(1.0)).iterator().next();
  }

  private static long version(PredictFunction function) {
    return surroundings(function).getLong(0);
  }

  private static boolean isAlive(long process) {
    try {
      return !Files.readString(Path.of("/proc/" + process + "/stat")).contains(") Z ");
    } catch (IOException e) {
      return false;
    }
  }

  private static ResolvedSchema schema(DataType... types) {
    return ResolvedSchema.of(
        IntStream.range(0, types.length)
            .mapToObj(i -> Column.physical("f" + i, types[i]))
            .toArray(Column[]::new));
  }
}
