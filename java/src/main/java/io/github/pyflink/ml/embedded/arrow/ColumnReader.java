package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/** Reads one output column as Flink's internal objects, which own what they hold. */
abstract class ColumnReader {

  final ByteBuffer arena;
  final int values;
  private final int validity;

  ColumnReader(Column column) {
    this.arena = column.arena;
    this.values = column.values;
    this.validity = column.validity;
  }

  /** Returns the value, or null. */
  final Object read(int row) {
    return Bitmap.get(arena, validity, row) ? readValue(row) : null;
  }

  abstract Object readValue(int row);
}
