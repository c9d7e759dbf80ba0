// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that changes all settings of the process does no harm to later jobs in it. */
@NeedsPython
@Timeout(180)
class ProcessStateTest {

  private static final String QUERY =
      "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL %s, DESCRIPTOR(x))";

  private final SqlSession session = new SqlSession().csvTable("numbers", "x DOUBLE", "1", "2");

  @ParameterizedTest
  @ValueSource(strings = {"open", "predict", "close"})
  void laterModelsPredictAndLogAsIfTheyWereAlone(String step) {
    session.model(
        "poison_" + step, "x DOUBLE", "y DOUBLE", "poison.Poison", "properties.in", step);
    try (LogCapture log = new LogCapture()) {
      assertThat(predict("poison_" + step)).containsExactly(2.0, 4.0);
      assertThat(log.text())
          .contains(
              "Model 'default_catalog.default_database.poison_" + step + "' has changed sys.path")
          .contains("has changed logging.disable")
          .contains("has changed the umask");
    }
    for (String later : List.of("LaterRows", "LaterPandas", "LaterArrow")) {
      session.model(
          later + step,
          "x DOUBLE",
          "y DOUBLE",
          "poison." + later,
          "batch-size",
          later.equals("LaterRows") ? "1" : "2");
      try (LogCapture log = new LogCapture()) {
        assertThat(predict(later + step)).containsExactlyInAnyOrder(2.0, 4.0);
        assertThat(log.text())
            .contains("INFO later a later model logs")
            .contains("a later model prints [0.33333333]")
            .doesNotContain("has changed");
      }
    }
  }

  private List<Double> predict(String model) {
    List<Double> results = new java.util.ArrayList<>();
    for (Row row : session.query(String.format(QUERY, model))) {
      results.add((Double) row.getField(0));
    }
    return results;
  }
}
