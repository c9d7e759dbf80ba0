package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/**
 * Writes Flink's internal objects into one input column.
 *
 * <p>Flink binds a column of a table to a column of the model without a cast where it could cast
 * implicitly, so a value may be of another type than the column: writers convert by the class of
 * the value.
 */
abstract class ColumnWriter {

  final Column column;
  final ByteBuffer arena;
  final int values;
  private final int validity;

  /** Whether bits of nulls may be left to set again. */
  private boolean hadNulls;

  ColumnWriter(Column column) {
    this.column = column;
    this.arena = column.arena;
    this.values = column.values;
    this.validity = column.validity;
  }

  /**
   * Writes a value, or a null.
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

  abstract void writeValue(int row, Object value);

  /** Writes what a null needs besides its bit. */
  void writeNull(int row) {}

  final IllegalArgumentException wrongClass(Object value) {
    return error("got " + value.getClass().getName());
  }

  final IllegalArgumentException error(String problem) {
    return new IllegalArgumentException(
        "column '" + column.name + "': expected " + column.type.asSummaryString() + ", " + problem);
  }
}
