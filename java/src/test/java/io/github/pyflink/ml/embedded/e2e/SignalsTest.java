// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Python libraries that install signal handlers; without the JVM's, this JVM ends. */
@NeedsPython
@Timeout(180)
class SignalsTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(Column.physical("y", DataTypes.DOUBLE()));

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void close() {
    log.close();
  }

  /** Libraries such as absl enable it when they are imported. */
  @Test
  void faulthandlerIsRefusedWithAWarning() throws Exception {
    assertThat(predict("FaulthandlerEnabled")).isEqualTo(4.0);
    assertThat(log.text())
        .contains("WARN", "Model 'catalog.database.model' calls faulthandler.enable()")
        .contains("Model 'catalog.database.model' calls faulthandler.register(SIGQUIT)");
  }

  /** A library in C does not ask Python. */
  @ParameterizedTest
  @ValueSource(strings = {"HandlersInOpen", "HandlersInPredict"})
  void handlersOfALibraryAreRemovedWithAWarning(String pythonClass) throws Exception {
    assertThat(predict(pythonClass)).isEqualTo(4.0);
    assertHandlersWereRemoved();
  }

  /** The batch path enters Python in its own function. */
  @Test
  void handlersThatABatchInstallsAreRemovedWithAWarning() throws Exception {
    AsyncPredictFunction function =
        PredictFunctions.openAsync(
            "process.HandlersInBatch", INPUT, OUTPUT, Map.of("batch-size", "4"));
    assertThat(function.asyncPredict(GenericRowData.of(2.0)).get(60, TimeUnit.SECONDS)).hasSize(1);
    function.close();
    provokeNullChecks();
    assertHandlersWereRemoved();
  }

  private void assertHandlersWereRemoved() {
    assertThat(log.text())
        .contains(
            "Model 'catalog.database.model' has blocked, or installed handlers for,"
                + " SIGSEGV, SIGBUS, SIGTERM, SIGUSR2");
  }

  /** Predicts the row 2, while HotSpot uses its signals. */
  private static double predict(String pythonClass) throws Exception {
    PredictFunction function = PredictFunctions.open("process." + pythonClass, INPUT, OUTPUT);
    double result = function.predict(GenericRowData.of(2.0)).iterator().next().getDouble(0);
    provokeNullChecks();
    function.close();
    return result;
  }

  /** Compiled code finds a null by SIGSEGV if it has met none before. */
  private static void provokeNullChecks() {
    int sum = 0;
    for (int i = 0; i < 200_000; i++) {
      sum += length(i % 2 == 0 ? "even" : "odd");
    }
    for (int i = 0; i < 100; i++) {
      try {
        sum += length(null);
      } catch (NullPointerException e) {
        sum++;
      }
    }
    assertThat(sum).isPositive();
  }

  private static int length(String text) {
    return text.length();
  }
}
