// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.Test;

/** With warm-up, a model predicts a sample row before the first real one. */
@NeedsPython
class WarmUpTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(Column.physical("y", DataTypes.DOUBLE()));

  /** A broken model should fail at the start and not at the first row. */
  @Test
  void modelThatFailsForTheSampleRowDoesNotOpen() {
    assertThatThrownBy(() -> open(Map.of("properties.rows", "0", "warm-up", "true")))
        .hasMessageContaining(
            "model 'catalog.database.model': the sample row of the option 'warm-up' cannot be"
                + " predicted");
  }

  /** Not every model accepts a sample row. */
  @Test
  void noSampleRowIsPredictedWithoutTheOption() throws Exception {
    PredictFunction function = open(Map.of("properties.rows", "0"));

    assertThat(function.predict(GenericRowData.of(1.0))).hasSize(1);
    function.close();
  }

  /** Messages count the rows of the table. */
  @Test
  void sampleRowIsNotCounted() throws Exception {
    PredictFunction function = open(Map.of("properties.rows", "1", "warm-up", "true"));

    assertThatThrownBy(() -> function.predict(GenericRowData.of(1.0)))
        .hasMessageContaining("row 1: predict failed");
    function.close();
  }

  private static PredictFunction open(Map<String, String> options) throws Exception {
    return PredictFunctions.open(
        "batches.FailsAtRow",
        INPUT,
        OUTPUT,
        options,
        UnregisteredMetricsGroup.createOperatorMetricGroup());
  }
}
