// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that changes all settings of the process does no harm to later jobs in it. */
@NeedsPython
@Timeout(180)
class ProcessStateTest {

  private LogCapture log;

  @BeforeEach
  void captureLog() {
    log = new LogCapture();
  }

  @AfterEach
  void close() {
    log.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"open", "predict", "close"})
  void laterModelsPredictAndLogAsIfTheyWereAlone(String step) {
    assertThat(predict("poisons_in_" + step, "Poison", "properties.in", step))
        .containsExactly(2.0, 4.0);
    assertThat(log.text())
        .contains("poisons_in_" + step + "', in " + step + ", has changed sys.path for all models")
        .contains("has changed logging.disable")
        .contains("has changed the umask");

    assertThat(predict("rows_after_" + step, "LaterRows")).containsExactly(2.0, 4.0);
    assertThat(predict("pandas_after_" + step, "LaterPandas", "batch-size", "2"))
        .containsExactlyInAnyOrder(2.0, 4.0);
    assertThat(predict("arrow_after_" + step, "LaterArrow", "batch-size", "2"))
        .containsExactlyInAnyOrder(2.0, 4.0);
    for (String later : List.of("rows", "pandas", "arrow")) {
      String model = "default_catalog.default_database." + later + "_after_" + step;
      assertThat(log.text())
          .contains("INFO later " + later + "_after_" + step + " logs")
          .contains("model '" + model + "': prints [0.33333333]")
          .doesNotContain("Model '" + model + "', in");
    }
  }

  /** Each model has a process, so it may have its settings. */
  @Test
  void settingsOfAWorkerStayThereAndReachNoOther() {
    String acts = "path,cwd,umask,variable removed,time zone,gc,socket timeout,logging disabled";
    String[] mode = {"execution-mode", "process"};
    assertThat(
            predict(
                "poisons_worker",
                "Poison",
                "execution-mode",
                "process",
                "properties.in",
                "open",
                "properties.acts",
                acts))
        .containsExactly(2.0, 4.0);

    assertThat(predict("rows_in_worker", "LaterRows", mode)).containsExactly(2.0, 4.0);
    assertThat(predict("rows_in_jvm", "LaterRows")).containsExactly(2.0, 4.0);
    assertThat(log.text())
        .contains("INFO later rows_in_worker logs", "INFO later rows_in_jvm logs")
        .doesNotContain("for all models of this process");
  }

  private List<Object> predict(String model, String pythonClass, String... options) {
    return new SqlSession()
            .csvTable("numbers", "x DOUBLE", "1", "2")
            .model(model, "x DOUBLE", "y DOUBLE", "poison." + pythonClass, options)
            .query("SELECT y FROM ML_PREDICT(TABLE numbers, MODEL " + model + ", DESCRIPTOR(x))")
            .stream()
            .map(row -> row.getField(0))
            .collect(Collectors.toList());
  }
}
