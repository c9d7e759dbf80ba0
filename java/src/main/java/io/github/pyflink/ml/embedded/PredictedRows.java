// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.AbstractList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/**
 * The rows predicted for an input row, whose values are hidden when a later operator fails: Flink
 * emits the rows in the same try statement whose message prints the input row.
 */
final class PredictedRows extends AbstractList<RowData> {

  private static final String HIDDEN = "(hidden)";

  private final List<RowData> rows;
  private final GenericRowData input;

  PredictedRows(List<RowData> rows, GenericRowData input) {
    this.rows = rows;
    this.input = input;
  }

  /** Replaces the values of a row that Flink is about to print. */
  static void hideValues(GenericRowData row) {
    for (int i = 0; i < row.getArity(); i++) {
      row.setField(i, HIDDEN);
    }
  }

  @Override
  public void forEach(Consumer<? super RowData> action) {
    try {
      rows.forEach(action);
    } catch (RuntimeException | Error e) {
      hideValues(input);
      throw e;
    }
  }

  @Override
  public RowData get(int index) {
    return rows.get(index);
  }

  @Override
  public int size() {
    return rows.size();
  }
}
