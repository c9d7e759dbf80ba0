// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.binary.BinaryArrayData;

/** TINYINT, SMALLINT, INT, BIGINT, FLOAT and DOUBLE: 1, 2, 4 or 8 bytes per value. */
final class NumberCodec {

  private NumberCodec() {}

  /** Copies whole arrays: from the memory of binary ones, whose elements have the same layout. */
  abstract static class Writer extends PrimitiveWriter {

    private final int width;

    Writer(Column column, int width) {
      super(column);
      this.width = width;
    }

    @Override
    final void copy(int row, ArrayData array) {
      ByteBuffer target = arena.position(values + row * width);
      int size = array.size();
      if (!(array instanceof BinaryArrayData)
          || !BinaryMemory.copy(
              (BinaryArrayData) array,
              BinaryArrayData.calculateHeaderInBytes(size),
              size * width,
              target)) {
        copyObjects(array, target);
      }
    }

    /** Copies a Java array to the position of the buffer. */
    abstract void copyObjects(ArrayData array, ByteBuffer target);
  }

  static final class ByteWriter extends Writer {

    ByteWriter(Column column) {
      super(column, Byte.BYTES);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.put(values + row, (Byte) value);
    }

    @Override
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.put(array.toByteArray());
    }
  }

  static final class ShortWriter extends Writer {

    ShortWriter(Column column) {
      super(column, Short.BYTES);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Short || value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.putShort(values + (row << 1), ((Number) value).shortValue());
    }

    @Override
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.asShortBuffer().put(array.toShortArray());
    }
  }

  static final class IntWriter extends Writer {

    IntWriter(Column column) {
      super(column, Integer.BYTES);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Integer || value instanceof Short || value instanceof Byte)) {
        throw wrongClass(value);
      }
      arena.putInt(values + (row << 2), ((Number) value).intValue());
    }

    @Override
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.asIntBuffer().put(array.toIntArray());
    }
  }

  static final class LongWriter extends Writer {

    LongWriter(Column column) {
      super(column, Long.BYTES);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!isInteger(value)) {
        throw wrongClass(value);
      }
      arena.putLong(values + (row << 3), ((Number) value).longValue());
    }

    @Override
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.asLongBuffer().put(array.toLongArray());
    }
  }

  static final class FloatWriter extends Writer {

    FloatWriter(Column column) {
      super(column, Float.BYTES);
    }

    @Override
    void writeValue(int row, Object value) {
      float number = value instanceof Float ? (Float) value : exactNumber(this, value).floatValue();
      arena.putFloat(values + (row << 2), number);
    }

    @Override
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.asFloatBuffer().put(array.toFloatArray());
    }
  }

  static final class DoubleWriter extends Writer {

    DoubleWriter(Column column) {
      super(column, Double.BYTES);
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
    void copyObjects(ArrayData array, ByteBuffer target) {
      target.asDoubleBuffer().put(array.toDoubleArray());
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
