package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.ArrayData;

/** Writes values for which Java has a primitive type, where wanted a whole array in one copy. */
abstract class PrimitiveWriter extends ColumnWriter {

  PrimitiveWriter(Column column) {
    super(column);
  }

  /** Writes an array that has no null and whose elements are of the column's type. */
  final void writeAll(int row, ArrayData array) {
    markValid(row, row + array.size());
    copy(row, array);
  }

  abstract void copy(int row, ArrayData array);

  /** Returns the arena, positioned so many bytes after the start of the values. */
  final ByteBuffer at(int offset) {
    return arena.position(values + offset);
  }
}
