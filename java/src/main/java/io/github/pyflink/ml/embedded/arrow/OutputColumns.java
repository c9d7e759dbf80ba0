package io.github.pyflink.ml.embedded.arrow;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** The output columns of a function. They must not be used after the memory is freed. */
@Internal
public final class OutputColumns {

  private final ColumnMemory memory;
  private final RowType type;
  private ColumnReader[] readers;

  public OutputColumns(ColumnMemory memory, RowType type) {
    this.memory = memory;
    this.type = type;
    this.readers = readers();
  }

  /**
   * Reads the rows that a call has left.
   *
   * @param result what the call returned: the number of rows, with {@link ColumnMemory#MOVED} where
   *     their memory moved
   * @return rows that own their values
   */
  public List<RowData> read(int result) {
    if ((result & ColumnMemory.MOVED) != 0) {
      readers = readers();
    }
    int count = result & ~ColumnMemory.MOVED;
    switch (count) {
      case 0:
        return Collections.emptyList();
      case 1:
        return Collections.singletonList(readRow(0));
      default:
        List<RowData> rows = new ArrayList<>(count);
        for (int row = 0; row < count; row++) {
          rows.add(readRow(row));
        }
        return rows;
    }
  }

  private RowData readRow(int row) {
    GenericRowData data = new GenericRowData(readers.length);
    for (int i = 0; i < readers.length; i++) {
      data.setField(i, readers[i].read(row));
    }
    return data;
  }

  private ColumnReader[] readers() {
    return Column.of(memory, ColumnMemory.OUTPUT, type).stream()
        .map(column -> ArrowTypes.of(column.type).reader.apply(column))
        .toArray(ColumnReader[]::new);
  }
}
