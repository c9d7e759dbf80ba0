// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Reads rows from the output columns of a function. Not to be used after the memory is freed. */
@Internal
public final class OutputColumns {

  private static final int COUNT = ~(ColumnMemory.OUTPUT_MOVED | ColumnMemory.INPUT_MOVED);

  private final Columns rows;
  private final ColumnReader[] readers;

  /** Whether the columns must be looked up again before they are read. */
  private boolean isStale;

  /** Where each column is in a row. */
  private final int[] positions;

  private final int arity;

  /** Creates the reader of rows that have these columns only. */
  public OutputColumns(ColumnMemory memory, RowType type) {
    this(memory, type, IntStream.range(0, type.getFieldCount()).toArray(), type.getFieldCount());
  }

  /**
   * Creates the reader of rows that have more fields, which are NULL.
   *
   * @param positions the field of each column
   * @param arity the number of fields
   */
  public OutputColumns(ColumnMemory memory, RowType type, int[] positions, int arity) {
    this.rows = new Columns(memory, ColumnMemory.OUTPUT);
    this.positions = positions;
    this.arity = arity;
    this.readers =
        Column.of(rows, type, type).stream().map(Column::reader).toArray(ColumnReader[]::new);
    refreshReaders();
  }

  /**
   * Reads the rows that a call has written.
   *
   * @param result the result of the call: the number of rows, with {@link
   *     ColumnMemory#OUTPUT_MOVED} set if their memory moved
   * @return rows that own their values
   */
  public List<RowData> read(int result) {
    if ((result & ColumnMemory.OUTPUT_MOVED) != 0) {
      expire();
    }
    return read(0, result & COUNT);
  }

  /** Reads the rows from {@code start} to before {@code end}, which own their values. */
  public List<RowData> read(int start, int end) {
    if (isStale) {
      refresh();
    }
    switch (end - start) {
      case 0:
        return Collections.emptyList();
      case 1:
        return Collections.singletonList(readRow(start));
      default:
        List<RowData> list = new ArrayList<>(end - start);
        for (int row = start; row < end; row++) {
          list.add(readRow(row));
        }
        return list;
    }
  }

  /** Notes that the columns may have moved, so that the next read looks them up again. */
  public void expire() {
    isStale = true;
  }

  private void refresh() {
    rows.refresh();
    refreshReaders();
    isStale = false;
  }

  private RowData readRow(int row) {
    GenericRowData data = new GenericRowData(arity);
    for (int i = 0; i < readers.length; i++) {
      data.setField(positions[i], readers[i].read(row));
    }
    return data;
  }

  private void refreshReaders() {
    for (ColumnReader reader : readers) {
      reader.refresh();
    }
  }
}
