package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/** Reads one output column as Flink's internal objects, which own what they hold. */
abstract class ColumnReader {

  final Column column;

  /** The arena, which moves with its domain, like the offsets in it. */
  ByteBuffer arena;

  int values;
  private int validity;

  /** Makes a reader that can read once it has been told to refresh. */
  ColumnReader(Column column) {
    this.column = column;
  }

  /** Finds the memory of this column, and of those below it, after it has moved. */
  void refresh() {
    arena = column.domain.arena();
    validity = column.domain.validity(column.index);
    values = column.domain.values(column.index);
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
