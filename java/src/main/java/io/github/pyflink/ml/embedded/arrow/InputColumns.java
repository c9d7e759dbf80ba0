package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.RowType;

/** The input columns of a function. They must not be used after the memory is freed. */
@Internal
public final class InputColumns {

  private final Domain rows;
  private final ColumnWriter[] writers;

  /**
   * Finds the columns in memory.
   *
   * @param type the columns
   * @param source the types of the values that are written, each with an implicit cast to its
   *     column's type
   */
  public InputColumns(ColumnMemory memory, RowType type, RowType source) {
    this.rows = new Domain(memory, ColumnMemory.INPUT);
    this.writers =
        Column.of(rows, type, source).stream().map(Column::writer).toArray(ColumnWriter[]::new);
    refresh();
  }

  /**
   * Writes the fields of one row.
   *
   * @throws IllegalArgumentException if a field does not fit its column; the message names the
   *     column and not the value
   */
  public void write(int row, GenericRowData data) {
    for (int i = 0; i < writers.length; i++) {
      writers[i].write(row, data.getField(i));
    }
  }

  /** Finds the columns where they are after a call whose result has that bit set. */
  public void refresh(int result) {
    if ((result & ColumnMemory.INPUT_MOVED) != 0) {
      rows.refresh();
      refresh();
    }
  }

  private void refresh() {
    for (ColumnWriter writer : writers) {
      writer.refresh();
    }
  }
}
