// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model logs and prints, and what watches it, is the same in both execution modes. */
@NeedsPython
@Timeout(120)
class MonitoringTest {

  private static final String MODEL = "Model 'catalog.database.model'";

  @TempDir private Path directory;

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void close() {
    log.close();
    Configurator.setLevel("fraud.rules", (Level) null);
  }

  /** Log4j is configured by the names of Python's loggers. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void recordsHaveTheirLoggersNamesAndLevels(String mode) throws Exception {
    try (Closing<PredictFunction> logs = open("Logs", mode)) {
      Workers.predict(logs.function, 7);
    }
    assertThat(log.text())
        .contains("WARN fraud.rules warning \\x1b[2J")
        .contains("ERROR fraud no rule")
        .contains("ERROR fraud.rules failed\nTraceback (most recent call last):")
        .contains("ValueError: bad rule")
        .doesNotContain("debug 7", "\u001b");
  }

  /** Standard output of a TaskManager has the lines of all models. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void printedLinesHaveTheNameOfTheModel(String mode) throws Exception {
    try (Closing<PredictFunction> logs = open("Logs", mode)) {
      Workers.predict(logs.function, 7);
    }
    String line = "INFO pyflink_ml_embedded.output model 'catalog.database.model': ";
    awaitLog(line + "colored \\x1b[31m\n");
    assertThat(log.text()).contains(line + "printed 7.0\n", line + "in two pieces\n");
  }

  /** A TaskManager reads its Log4j configuration again while jobs run. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void levelsThatChangeAtRunTimeApply(String mode) throws Exception {
    try (Closing<PredictFunction> logs = open("Logs", mode)) {
      Workers.predict(logs.function, 7);
      Configurator.setLevel("fraud.rules", Level.DEBUG);
      while (!log.text().contains("DEBUG fraud.rules debug 8.0")) {
        Workers.predict(logs.function, 8);
        Thread.sleep(20);
      }
    }
    assertThat(log.text()).doesNotContain("debug 7");
  }

  /** A model that logs without an end must not keep others from their work. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void floodOfRecordsSlowsOnlyItsModel(String mode) throws Exception {
    Path stop = directory.resolve("stop");
    Map<String, String> options = new HashMap<>(Map.of("properties.stop", stop.toString()));
    if (mode.equals("process")) {
      options.put("process-count", "1");
    }
    try (Closing<PredictFunction> floods = open("Floods", mode, options)) {
      CompletableFuture<Double> flood =
          CompletableFuture.supplyAsync(() -> Workers.predict(floods.function, 0));
      awaitLog("WARN fraud.rules flood");
      try (Closing<PredictFunction> other = open("Floods", mode, options)) {
        for (int i = 1; i <= 100; i++) {
          assertThat(Workers.predict(other.function, i)).isEqualTo(i);
        }
      }
      assertThat(flood).isNotDone();
      Files.createFile(stop);
      assertThat(flood.get(60, TimeUnit.SECONDS)).isZero();
    }
  }

  /** Who sees a job stand still wants to know where. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void stackOfASlowCallIsLoggedWhileItRuns(String mode) throws Exception {
    Map<String, String> options = Map.of("slow-predict-threshold", "100 ms");
    try (Closing<PredictFunction> sleeps = open("Sleeps", mode, options)) {
      CompletableFuture<Double> call =
          CompletableFuture.supplyAsync(() -> Workers.predict(sleeps.function, 2));
      awaitLog("in sleep_here");
      assertThat(call).isNotDone();
      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(2);
    }
    assertThat(log.text())
        .contains(MODEL + ": a call of predict in subtask 0 has taken 0.")
        .contains("'slow-predict-threshold' is 0.1 s")
        .doesNotContain("_worker/main.py");
  }

  /** The profile has the functions of rows that take microseconds. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void profileOfRowsHasTheirFunctions(String mode) throws Exception {
    Map<String, String> options = Map.of("profile-directory", directory.toString());
    try (Closing<PredictFunction> counts = open("Counts", mode, options)) {
      for (int i = 0; i < 10_000; i++) {
        Workers.predict(counts.function, i);
      }
    }
    assertThat(contents("catalog.database.model-subtask0-attempt0-.*\\.speedscope\\.json"))
        .singleElement()
        .asString()
        .contains("\"name\": \"", "Counts.predict", "Counts.count_here", "monitored.py");
  }

  /** The same in batches, which another thread predicts; and the sample of their rows. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void batchesHaveAProfileAndASample(String mode) throws Exception {
    Map<String, String> options =
        Map.of(
            "profile-directory",
            directory.toString(),
            "tap-directory",
            directory.toString(),
            "tap-ratio",
            "1",
            "batch-size",
            "8",
            "execution-mode",
            mode);
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "monitored.CountsInBatch", Workers.INPUT, Workers.OUTPUT, options);
    assertThat(Workers.values(Workers.predictAll(function, 500))).hasSize(500);
    function.close();
    assertThat(contents(".*\\.speedscope\\.json"))
        .singleElement()
        .asString()
        .contains("CountsInBatch.count_here");
    assertThat(contents("catalog.database.model-subtask0-attempt0-.*-000001\\.parquet"))
        .singleElement()
        .asString()
        .startsWith("PAR1")
        .contains("input_x", "output_y", "model_version", "row_number");
  }

  /** Who watches a job must not end it. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void directoryThatCannotBeWrittenIsAWarning(String mode) throws Exception {
    String file = Files.createFile(directory.resolve("file")).resolve("x").toString();
    Map<String, String> options =
        Map.of("tap-directory", file, "tap-ratio", "0.5", "profile-directory", file);
    try (Closing<PredictFunction> counts = open("Counts", mode, options)) {
      for (int i = 0; i < 100; i++) {
        assertThat(Workers.predict(counts.function, i)).isEqualTo(i);
      }
    }
    awaitLog(MODEL + ": the profile cannot be written to");
    awaitLog(MODEL + ": the sample of rows cannot be written to");
  }

  private void awaitLog(String text) throws InterruptedException {
    while (!log.text().contains(text)) {
      Thread.sleep(10);
    }
  }

  private List<String> contents(String pattern) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches(pattern))
          .map(MonitoringTest::read)
          .collect(Collectors.toList());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Closing<PredictFunction> open(String pythonClass, String mode) throws Exception {
    return open(pythonClass, mode, Map.of());
  }

  private static Closing<PredictFunction> open(
      String pythonClass, String mode, Map<String, String> options) throws Exception {
    Map<String, String> all = new HashMap<>(options);
    all.put("execution-mode", mode);
    PredictFunction function =
        PredictFunctions.open(
            "monitored." + pythonClass,
            Workers.INPUT,
            Workers.OUTPUT,
            all,
            UnregisteredMetricsGroup.createOperatorMetricGroup());
    return new Closing<>(function, function::close);
  }

  private static final class Closing<F> implements AutoCloseable {

    private final F function;
    private final AutoCloseable close;

    Closing(F function, AutoCloseable close) {
      this.function = function;
      this.close = close;
    }

    @Override
    public void close() throws IOException {
      try {
        close.close();
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
