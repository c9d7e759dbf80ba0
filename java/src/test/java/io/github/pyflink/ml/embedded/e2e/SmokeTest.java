// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** The test that runs on every supported Flink version. */
@NeedsPython
class SmokeTest {

  /**
   * One jar serves all supported Flink versions, so their APIs must match the one it was compiled
   * with.
   */
  @Test
  void modelPredictsRowsOfAFile() {
    List<Row> rows =
        new SqlSession()
            .csvTable("numbers", "x DOUBLE", "1", "\\N", "2.5")
            .model("echo", "x DOUBLE", "same DOUBLE, kind STRING, text STRING", "values.Identity")
            .query(
                "SELECT x, same, text"
                    + " FROM ML_PREDICT(TABLE numbers, MODEL echo, DESCRIPTOR(x))");

    assertThat(rows)
        .containsExactly(
            Row.of(1.0, 1.0, "1.0"), Row.of(null, null, "None"), Row.of(2.5, 2.5, "2.5"));
  }
}
