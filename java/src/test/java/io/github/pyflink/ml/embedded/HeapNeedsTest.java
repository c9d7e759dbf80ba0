// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pyflink.ml.embedded.e2e.LogCapture;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

class HeapNeedsTest {

  private static final long HEAP = Runtime.getRuntime().maxMemory();

  private final HeapNeeds needs =
      new HeapNeeds(
          "fraud",
          InFlight.of(
              Configuration.fromMap(
                  Map.of("table.exec.async-ml-predict.max-concurrent-operations", "100"))));

  @Test
  void rowsThatTakeMostOfTheHeapAreReportedOnce() {
    try (LogCapture log = new LogCapture()) {
      needs.check(HEAP / 100);
      needs.check(HEAP / 100);

      assertThat(log.text())
          .containsOnlyOnce(
              "Flink holds up to 100 rows of a subtask in memory, for which the JVM's")
          .contains("Set 'table.exec.async-ml-predict.max-concurrent-operations' to 25 or less");
    }
  }

  @Test
  void rowsThatFitAreNot() {
    try (LogCapture log = new LogCapture()) {
      needs.check(HEAP / 300);

      assertThat(log.text()).isEmpty();
    }
  }
}
