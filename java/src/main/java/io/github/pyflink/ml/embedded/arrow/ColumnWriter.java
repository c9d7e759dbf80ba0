// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/**
 * Writes Flink's internal objects into one input column.
 *
 * <p>Flink binds a table's column to a model's column without a cast where an implicit cast exists,
 * so a value may have another type than its column. Writers convert by the class of the value, and
 * access arrays, maps and rows of the table by the table's type.
 */
abstract class ColumnWriter {

  final Column column;

  /** The arena. It and the offsets into it change when {@link Column#columns} move. */
  ByteBuffer arena;

  int values;
  private int validity;

  /** Whether validity bits may be clear and must be set again for values. */
  private boolean hadNulls;

  /** Creates a writer; {@link #refresh} must be called before it writes. */
  ColumnWriter(Column column) {
    this.column = column;
  }

  /** Looks up the memory of this column and its children again, after it has moved. */
  void refresh() {
    arena = column.columns.arena();
    validity = column.columns.validity(column.index);
    values = column.columns.values(column.index);
  }

  /**
   * Writes a value or null.
   *
   * @throws IllegalArgumentException if the value does not fit the column's type; the message names
   *     the column and not the value
   */
  final void write(int row, Object value) {
    if (value != null) {
      if (hadNulls) {
        Bitmap.set(arena, validity, row, true);
      }
      writeValue(row, value);
    } else if (column.type.isNullable()) {
      Bitmap.set(arena, validity, row, false);
      hadNulls = true;
      writeNull(row);
    } else {
      throw error("got null");
    }
  }

  /** Writes the placeholder for a null parent ROW: null, or only offsets in a NOT NULL column. */
  final void skip(int row) {
    if (column.type.isNullable()) {
      write(row, null);
    } else {
      writeNull(row);
    }
  }

  /** Sets the validity bits of the rows from {@code start} to before {@code end}. */
  final void markValid(int start, int end) {
    if (hadNulls) {
      Bitmap.setAll(arena, validity, start, end);
    }
  }

  abstract void writeValue(int row, Object value);

  /** Returns how many bytes the first rows take outside of the arena. */
  long bytesBeyondArena(int rows) {
    return 0;
  }

  /** Writes what a null needs besides its validity bit. */
  void writeNull(int row) {}

  final IllegalArgumentException wrongClass(Object value) {
    return error("got " + value.getClass().getName());
  }

  final IllegalArgumentException error(String problem) {
    return new IllegalArgumentException(message(problem));
  }

  final String message(String problem) {
    return "column '"
        + column.name
        + "': expected "
        + column.type.asSummaryString()
        + ", "
        + problem;
  }
}
