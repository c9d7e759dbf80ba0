package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.RowType;

/** The input columns of a function. They must not be used after the memory is freed. */
@Internal
public final class InputColumns {

  private final Domain rows;
  private final ColumnWriter[] writers;

  /** Finds the columns of the first domain of input rows in memory. */
  public InputColumns(ColumnMemory memory, RowType type, RowType source) {
    this(memory, ColumnMemory.INPUT, type, source);
  }

  /**
   * Finds the columns in memory.
   *
   * @param domain {@link ColumnMemory#INPUT} or {@link ColumnMemory#SECOND_INPUT}
   * @param type the columns
   * @param source the types of the values that are written, each with an implicit cast to its
   *     column's type
   */
  public InputColumns(ColumnMemory memory, int domain, RowType type, RowType source) {
    this.rows = new Domain(memory, domain);
    this.writers =
        Column.of(rows, type, source).stream().map(Column::writer).toArray(ColumnWriter[]::new);
    refreshWriters();
  }

  /**
   * Writes the fields of one row, which follows the rows written before. After a failure the same
   * row can be written again.
   *
   * @throws NoRoomException if the row does not fit behind those before
   * @throws IllegalArgumentException if a field does not fit its column; the message names the
   *     column and not the value
   */
  public void write(int row, GenericRowData data) {
    if (!rows.holds(row + 1)) {
      rows.reserve(row + 1);
      refreshWriters();
    }
    for (int i = 0; i < writers.length; i++) {
      writers[i].write(row, data.getField(i));
    }
  }

  /** Finds the columns where they are after a call whose result has that bit set. */
  public void refresh(int result) {
    if ((result & ColumnMemory.INPUT_MOVED) != 0) {
      refresh();
    }
  }

  /** Finds the columns where they are now. */
  public void refresh() {
    rows.refresh();
    refreshWriters();
  }

  private void refreshWriters() {
    for (ColumnWriter writer : writers) {
      writer.refresh();
    }
  }
}
