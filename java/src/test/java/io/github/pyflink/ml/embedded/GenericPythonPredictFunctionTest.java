// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.Dependencies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The states of a function that never reaches Python. */
class GenericPythonPredictFunctionTest {

  private static final OutputLayout OUTPUT =
      OutputLayout.of(
          ResolvedSchema.of(Column.physical("y", DataTypes.BIGINT())), new Configuration());

  private final GenericPythonPredictFunction function = function("/nowhere/python");

  /** Flink ships it from the client to the TaskManagers. */
  @Test
  void functionIsSerializable() throws IOException, ClassNotFoundException {
    GenericPythonPredictFunction copy = InstantiationUtil.clone(function);

    assertThatThrownBy(() -> copy.predict(GenericRowData.of(1L)))
        .hasMessage("The predict function of model 'fraud' is NEW, not OPEN");
  }

  /** Python starts while Flink deploys the task, and not on the client. */
  @Test
  @Timeout(60)
  void executableRunsAsSoonAsATaskReadsTheFunction(@TempDir Path directory) throws Exception {
    Path runs = directory.resolve("runs");
    Path executable =
        Files.writeString(directory.resolve("python"), "#!/bin/sh\necho run >> " + runs + "\n");
    assertThat(executable.toFile().setExecutable(true)).isTrue();
    GenericPythonPredictFunction function = function(executable.toString());

    InstantiationUtil.clone(function);
    assertThat(runs).doesNotExist();
    Thread task =
        new Thread(
            new ThreadGroup("Flink Task Threads"),
            () -> InstantiationUtil.cloneUnchecked(function));
    task.start();
    task.join();

    while (Files.notExists(runs)) {
      Thread.sleep(1);
    }
  }

  /** Flink closes functions that were never opened. */
  @Test
  void closeIsIdempotentBeforeOpen() {
    function.close();

    assertThatCode(function::close).doesNotThrowAnyException();
  }

  /** Flink closes a task after its open failed, and a second exception would hide the first. */
  @Test
  void closeWorksAfterAFailedOpen() {
    assertThatThrownBy(this::open).isInstanceOf(TableException.class);

    assertThatCode(function::close).doesNotThrowAnyException();
  }

  /** A closed function has released its model. */
  @Test
  void openAfterCloseIsRejected() {
    function.close();

    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is CLOSED, not NEW");
  }

  /** Flink's PredictFunction.eval prints the row for which predict failed. */
  @Test
  void valuesOfAFailedRowAreHiddenInFlinksMessage() {
    assertThatThrownBy(() -> function.eval(4929123456781234L))
        .hasMessage("Failed to execute prediction with input row +I((hidden)).")
        .satisfies(
            failure ->
                assertThat(failure)
                    .hasStackTraceContaining("NEW, not OPEN")
                    .message()
                    .doesNotContain("4929123456781234"));
  }

  /** The context has no task. */
  private void open() throws IOException {
    function.open(new FunctionContext(null, null, null));
  }

  private static GenericPythonPredictFunction function(String executable) {
    return new GenericPythonPredictFunction(
        new PythonModel(
            "fraud",
            "fraud.FraudModel",
            "{}",
            RowType.of(new BigIntType()),
            OUTPUT,
            executable,
            Dependencies.of(new Configuration(), new Configuration()),
            false,
            new Loading(null, false, Duration.ZERO, true),
            new TimeLimit(Duration.ZERO),
            MetricsLevel.BASIC,
            Monitoring.of(new Configuration()),
            null,
            new PlannedModel("fraud", OUTPUT.type())),
        false,
        ErrorHandling.of(new Configuration(), OUTPUT));
  }
}
