package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/**
 * Writes Flink's internal objects into one input column.
 *
 * <p>Flink binds a column of a table to a column of the model without a cast where it could cast
 * implicitly, so a value may be of another type than the column: writers convert by the class of
 * the value, and take it out of an array, a map or a row of the table by the table's type.
 */
abstract class ColumnWriter {

  final Column column;

  /** The arena, which moves with its domain, like the offsets in it. */
  ByteBuffer arena;

  int values;
  private int validity;

  /** Whether bits of nulls may be left to set again. */
  private boolean hadNulls;

  /** Makes a writer that can write once it has been told to refresh. */
  ColumnWriter(Column column) {
    this.column = column;
  }

  /** Finds the memory of this column, and of those below it, after it has moved. */
  void refresh() {
    arena = column.domain.arena();
    validity = column.domain.validity(column.index);
    values = column.domain.values(column.index);
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

  /**
   * Writes what a row needs in which a ROW around this column is null: a null where there can be.
   */
  final void skip(int row) {
    if (column.type.isNullable()) {
      write(row, null);
    } else {
      writeNull(row);
    }
  }

  /** Marks rows from {@code start} to before {@code end} as not null. */
  final void markValid(int start, int end) {
    if (hadNulls) {
      Bitmap.setAll(arena, validity, start, end);
    }
  }

  abstract void writeValue(int row, Object value);

  /** Writes what a null needs besides its bit. */
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
