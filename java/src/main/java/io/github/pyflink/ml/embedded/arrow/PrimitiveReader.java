package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.GenericArrayData;

/** Reads values for which Java has a primitive type, where wanted many in one copy. */
abstract class PrimitiveReader extends ColumnReader {

  PrimitiveReader(Column column) {
    super(column);
  }

  /** Returns the values of rows among which there is no null. */
  abstract GenericArrayData copy(int row, int count);

  /** Returns the arena, positioned so many bytes after the start of the values. */
  final ByteBuffer at(int offset) {
    return arena.position(values + offset);
  }
}
