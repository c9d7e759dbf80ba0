// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.Arrays;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.RowType;

/** Writes rows to the input columns of a function. Not to be used after the memory is freed. */
@Internal
public final class InputColumns {

  private final Columns rows;
  private final ColumnWriter[] writers;
  private final ColumnWriter[] writersBeyondArena;
  private final int bits;

  /** Whether the columns must be looked up again, because a step before failed midway. */
  private boolean isStale;

  /** Creates the writer of {@link ColumnMemory#INPUT}. */
  public InputColumns(ColumnMemory memory, RowType type, RowType source) {
    this(memory, ColumnMemory.INPUT, type, source);
  }

  /**
   * Creates the writer of one set of input columns.
   *
   * @param columns {@link ColumnMemory#INPUT} or {@link ColumnMemory#SECOND_INPUT}
   * @param type the type of the columns
   * @param source the type of the rows that are written, whose fields Flink can cast implicitly to
   *     their columns' types
   */
  public InputColumns(ColumnMemory memory, int columns, RowType type, RowType source) {
    this.rows = new Columns(memory, columns);
    List<Column> fields = Column.of(rows, type, source);
    this.writers = fields.stream().map(Column::writer).toArray(ColumnWriter[]::new);
    this.writersBeyondArena =
        Arrays.stream(writers)
            .filter(writer -> ArrowTypes.of(writer.column.type).exceedsArena())
            .toArray(ColumnWriter[]::new);
    this.bits = ArrowTypes.bits(fields);
    refreshWriters();
  }

  /**
   * Writes the fields of one row, directly after the rows written before it. After a failure the
   * same row can be written again.
   *
   * @throws ColumnFullException if a column has no capacity left for the row
   * @throws IllegalArgumentException if a field does not fit its column; the message names the
   *     column and not the value
   */
  public void write(int row, GenericRowData data) {
    if (isStale) {
      refresh();
    }
    isStale = true; // memory may move
    if (!rows.holds(row + 1)) {
      rows.reserve(row + 1);
      refreshWriters();
    }
    for (int i = 0; i < writers.length; i++) {
      writers[i].write(row, data.getField(i));
    }
    isStale = false;
  }

  /**
   * Returns how many bytes the first rows take: their values, and the bits and offsets that belong
   * to them. Only directly after the last of them was written.
   */
  public long bytes(int count) {
    long bytes = ((long) count * bits + 7) / Byte.SIZE;
    for (ColumnWriter writer : writersBeyondArena) {
      bytes += writer.bytesBeyondArena(count);
    }
    return bytes;
  }

  /** Notes that the columns have moved if the result of a call says so. */
  public void expire(int result) {
    if ((result & ColumnMemory.INPUT_MOVED) != 0) {
      expire();
    }
  }

  /** Notes that the columns may have moved, so that the next write looks them up again. */
  public void expire() {
    isStale = true;
  }

  private void refresh() {
    isStale = true;
    rows.refresh();
    refreshWriters();
    isStale = false;
  }

  private void refreshWriters() {
    for (ColumnWriter writer : writers) {
      writer.refresh();
    }
  }
}
