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

/** A model may be tried with a made-up row before the first real one; this one fails at 0. */
@NeedsPython
class WarmUpTest {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(Column.physical("y", DataTypes.DOUBLE()));

  /** Better at the start than with the first row. */
  @Test
  void modelThatFailsForTheMadeUpRowDoesNotOpen() {
    assertThatThrownBy(() -> open(Map.of("properties.rows", "0", "warm-up", "true")))
        .hasMessageContaining(
            "model 'catalog.database.model': the sample row of the option 'warm-up' cannot be"
                + " predicted");
  }

  /** Not all models take made-up rows. */
  @Test
  void nothingIsTriedUnlessTheOptionSaysSo() throws Exception {
    PredictFunction function = open(Map.of("properties.rows", "0"));

    assertThat(function.predict(GenericRowData.of(1.0))).hasSize(1);
    function.close();
  }

  /** Messages count the rows of the table. */
  @Test
  void madeUpRowIsNotCounted() throws Exception {
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
