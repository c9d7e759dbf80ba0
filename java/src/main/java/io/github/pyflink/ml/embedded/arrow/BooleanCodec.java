// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;

/** BOOLEAN: a bitmap. */
final class BooleanCodec {

  private BooleanCodec() {}

  static final class Writer extends PrimitiveWriter {

    Writer(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Boolean)) {
        throw wrongClass(value);
      }
      Bitmap.set(arena, values, row, (Boolean) value);
    }

    @Override
    void copy(int row, ArrayData array) {
      for (int i = 0; i < array.size(); i++) {
        Bitmap.set(arena, values, row + i, array.getBoolean(i));
      }
    }
  }

  static final class Reader extends PrimitiveReader {

    Reader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return Bitmap.get(arena, values, row);
    }

    @Override
    GenericArrayData copy(int row, int count) {
      boolean[] array = new boolean[count];
      for (int i = 0; i < count; i++) {
        array[i] = Bitmap.get(arena, values, row + i);
      }
      return new GenericArrayData(array);
    }
  }
}
