// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;

/** TINYINT, SMALLINT, INT, BIGINT, FLOAT and DOUBLE: 1, 2, 4 or 8 bytes per value. */
final class NumberCodec {

  private NumberCodec() {}

  static final class ByteWriter extends PrimitiveWriter {

    ByteWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.put(values + row, (Byte) value);
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row).put(array.toByteArray());
    }
  }

  static final class ShortWriter extends PrimitiveWriter {

    ShortWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Short || value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.putShort(values + (row << 1), ((Number) value).shortValue());
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row << 1).asShortBuffer().put(array.toShortArray());
    }
  }

  static final class IntWriter extends PrimitiveWriter {

    IntWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Integer || value instanceof Short || value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.putInt(values + (row << 2), ((Number) value).intValue());
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row << 2).asIntBuffer().put(array.toIntArray());
    }
  }

  static final class LongWriter extends PrimitiveWriter {

    LongWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!isInteger(value)) {
        throw wrongClass(value);
      }
      arena.putLong(values + (row << 3), ((Number) value).longValue());
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row << 3).asLongBuffer().put(array.toLongArray());
    }
  }

  static final class FloatWriter extends PrimitiveWriter {

    FloatWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      float number = value instanceof Float ? (Float) value : exactNumber(this, value).floatValue();
      arena.putFloat(values + (row << 2), number);
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row << 2).asFloatBuffer().put(array.toFloatArray());
    }
  }

  static final class DoubleWriter extends PrimitiveWriter {

    DoubleWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      double number;
      if (value instanceof Double) {
        number = (Double) value;
      } else if (value instanceof Float) {
        number = (Float) value;
      } else {
        number = exactNumber(this, value).doubleValue();
      }
      arena.putDouble(values + (row << 3), number);
    }

    @Override
    void copy(int row, ArrayData array) {
      at(row << 3).asDoubleBuffer().put(array.toDoubleArray());
    }
  }

  static final class ByteReader extends PrimitiveReader {

    ByteReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.get(values + row);
    }

    @Override
    GenericArrayData copy(int row, int count) {
      byte[] array = new byte[count];
      at(row).get(array);
      return new GenericArrayData(array);
    }
  }

  static final class ShortReader extends PrimitiveReader {

    ShortReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getShort(values + (row << 1));
    }

    @Override
    GenericArrayData copy(int row, int count) {
      short[] array = new short[count];
      at(row << 1).asShortBuffer().get(array);
      return new GenericArrayData(array);
    }
  }

  static final class IntReader extends PrimitiveReader {

    IntReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getInt(values + (row << 2));
    }

    @Override
    GenericArrayData copy(int row, int count) {
      int[] array = new int[count];
      at(row << 2).asIntBuffer().get(array);
      return new GenericArrayData(array);
    }
  }

  static final class LongReader extends PrimitiveReader {

    LongReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getLong(values + (row << 3));
    }

    @Override
    GenericArrayData copy(int row, int count) {
      long[] array = new long[count];
      at(row << 3).asLongBuffer().get(array);
      return new GenericArrayData(array);
    }
  }

  static final class FloatReader extends PrimitiveReader {

    FloatReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getFloat(values + (row << 2));
    }

    @Override
    GenericArrayData copy(int row, int count) {
      float[] array = new float[count];
      at(row << 2).asFloatBuffer().get(array);
      return new GenericArrayData(array);
    }
  }

  static final class DoubleReader extends PrimitiveReader {

    DoubleReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getDouble(values + (row << 3));
    }

    @Override
    GenericArrayData copy(int row, int count) {
      double[] array = new double[count];
      at(row << 3).asDoubleBuffer().get(array);
      return new GenericArrayData(array);
    }
  }

  static boolean isInteger(Object value) {
    return value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte;
  }

  private static Number exactNumber(ColumnWriter writer, Object value) {
    if (isInteger(value)) {
      return (Number) value;
    }
    if (value instanceof DecimalData) {
      return ((DecimalData) value).toBigDecimal();
    }
    throw writer.wrongClass(value);
  }
}
