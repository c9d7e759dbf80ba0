// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.types.logical.DecimalType;

/** DECIMAL: the unscaled value as a 128-bit integer. */
final class DecimalCodec {

  private static final int WIDTH_SHIFT = 4;
  private static final int LOW = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 8;
  private static final int HIGH = 8 - LOW;

  private DecimalCodec() {}

  static final class Writer extends ColumnWriter {

    private final int precision;
    private final int scale;

    Writer(Column column, DecimalType type) {
      super(column);
      this.precision = type.getPrecision();
      this.scale = type.getScale();
    }

    @Override
    void writeValue(int row, Object value) {
      DecimalData decimal = decimal(value);
      int at = values + (row << WIDTH_SHIFT);
      if (decimal.isCompact()) {
        long unscaled = decimal.toUnscaledLong();
        arena.putLong(at + LOW, unscaled);
        arena.putLong(at + HIGH, unscaled >> 63);
      } else {
        BigInteger unscaled = decimal.toBigDecimal().unscaledValue();
        arena.putLong(at + LOW, unscaled.longValue());
        arena.putLong(at + HIGH, unscaled.shiftRight(64).longValue());
      }
    }

    /** Returns the value at the column's scale, rounded half up as Flink's CAST does. */
    private DecimalData decimal(Object value) {
      BigDecimal number;
      if (value instanceof DecimalData) {
        DecimalData decimal = (DecimalData) value;
        if (decimal.scale() == scale && decimal.precision() <= precision) {
          return decimal;
        }
        number = decimal.toBigDecimal();
      } else if (NumberCodec.isInteger(value)) {
        number = BigDecimal.valueOf(((Number) value).longValue());
      } else if (value instanceof Double || value instanceof Float) {
        double approximate = ((Number) value).doubleValue();
        if (!Double.isFinite(approximate)) {
          throw error("got infinity or NaN");
        }
        number = BigDecimal.valueOf(approximate);
      } else {
        throw wrongClass(value);
      }
      DecimalData decimal = DecimalData.fromBigDecimal(number, precision, scale);
      if (decimal == null) {
        throw error("got a number with too many digits");
      }
      return decimal;
    }
  }

  static final class Reader extends ColumnReader {

    private final int precision;
    private final int scale;

    Reader(Column column, DecimalType type) {
      super(column);
      this.precision = type.getPrecision();
      this.scale = type.getScale();
    }

    @Override
    Object readValue(int row) {
      int at = values + (row << WIDTH_SHIFT);
      long low = arena.getLong(at + LOW);
      if (DecimalData.isCompact(precision)) {
        return DecimalData.fromUnscaledLong(low, precision, scale);
      }
      byte[] bigEndian =
          ByteBuffer.allocate(16).putLong(arena.getLong(at + HIGH)).putLong(low).array();
      return DecimalData.fromUnscaledBytes(bigEndian, precision, scale);
    }
  }
}
