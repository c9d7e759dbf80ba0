package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.RowType;

/** The input columns of a function. They must not be used after the memory is freed. */
@Internal
public final class InputColumns {

  private final ColumnWriter[] writers;

  public InputColumns(ColumnMemory memory, RowType type) {
    this.writers =
        Column.of(memory, ColumnMemory.INPUT, type).stream()
            .map(column -> ArrowTypes.of(column.type).writer.apply(column))
            .toArray(ColumnWriter[]::new);
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
}
