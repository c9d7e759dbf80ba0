package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.table.data.DecimalData;

/** TINYINT, SMALLINT, INT, BIGINT, FLOAT and DOUBLE: 1, 2, 4 or 8 bytes a value. */
final class NumberColumns {

  private NumberColumns() {}

  static final class ByteWriter extends ColumnWriter {

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
  }

  static final class ShortWriter extends ColumnWriter {

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
  }

  static final class IntWriter extends ColumnWriter {

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
  }

  static final class LongWriter extends ColumnWriter {

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
  }

  static final class FloatWriter extends ColumnWriter {

    FloatWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      float number = value instanceof Float ? (Float) value : exactNumber(this, value).floatValue();
      arena.putFloat(values + (row << 2), number);
    }
  }

  static final class DoubleWriter extends ColumnWriter {

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
  }

  static final class ByteReader extends ColumnReader {

    ByteReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.get(values + row);
    }
  }

  static final class ShortReader extends ColumnReader {

    ShortReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getShort(values + (row << 1));
    }
  }

  static final class IntReader extends ColumnReader {

    IntReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getInt(values + (row << 2));
    }
  }

  static final class LongReader extends ColumnReader {

    LongReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getLong(values + (row << 3));
    }
  }

  static final class FloatReader extends ColumnReader {

    FloatReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getFloat(values + (row << 2));
    }
  }

  static final class DoubleReader extends ColumnReader {

    DoubleReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return arena.getDouble(values + (row << 3));
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
