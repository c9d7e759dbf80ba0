// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** In chained models, the failure of the second must not print the input of the first. */
class PredictedRowsTest {

  private final GenericRowData input = GenericRowData.of(4929123456781234L, null);
  private final List<RowData> rows = List.of(GenericRowData.of(1), GenericRowData.of(2));
  private final PredictedRows predicted = new PredictedRows(rows, input);

  /** Downstream operators use the input row too. */
  @Test
  void rowsAreEmittedAndTheInputIsUnchanged() {
    List<RowData> emitted = new ArrayList<>();

    predicted.forEach(emitted::add);

    assertThat(emitted).isEqualTo(rows);
    assertThat(predicted).isEqualTo(rows);
    assertThat(input).isEqualTo(GenericRowData.of(4929123456781234L, null));
  }

  /** The failure of a chained operator makes Flink print the input of this one. */
  @Test
  void inputIsHiddenWhenALaterOperatorFails() {
    IllegalStateException failure = new IllegalStateException("sink is full");

    assertThatThrownBy(
            () ->
                predicted.forEach(
                    row -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(input).hasToString("+I((hidden),(hidden))");
  }
}
