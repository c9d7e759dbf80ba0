// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.GenericArrayData;

/** Reads values of a Java primitive type, one at a time or as a whole array. */
abstract class PrimitiveReader extends ColumnReader {

  PrimitiveReader(Column column) {
    super(column);
  }

  /** Copies consecutive values, none of which is null. */
  abstract GenericArrayData copy(int row, int count);

  /** Returns the arena, positioned {@code offset} bytes after the start of the values. */
  final ByteBuffer at(int offset) {
    return arena.position(values + offset);
  }
}
