// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/** Reads one output column as Flink's internal objects, which own their memory. */
abstract class ColumnReader {

  final Column column;

  /** The arena. It and the offsets into it change when {@link Column#columns} move. */
  ByteBuffer arena;

  int values;
  private int validity;

  /** Creates a reader; {@link #refresh} must be called before it reads. */
  ColumnReader(Column column) {
    this.column = column;
  }

  /** Looks up the memory of this column and its children again, after it has moved. */
  void refresh() {
    arena = column.columns.arena();
    validity = column.columns.validity(column.index);
    values = column.columns.values(column.index);
  }

  /** Returns the value, or null. */
  final Object read(int row) {
    return Bitmap.get(arena, validity, row) ? readValue(row) : null;
  }

  /** Returns whether there is no null from row {@code start} to before {@code end}. */
  final boolean isValid(int start, int end) {
    return Bitmap.areAllSet(arena, validity, start, end);
  }

  abstract Object readValue(int row);
}
