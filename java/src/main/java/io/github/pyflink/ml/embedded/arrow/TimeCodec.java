// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.Locale;
import org.apache.flink.table.data.TimestampData;

/**
 * DATE as days and TIME as milliseconds in 4 bytes, TIMESTAMP and TIMESTAMP_LTZ in 8 bytes.
 *
 * <p>A value with more fraction digits than its column is truncated, as Flink's CAST does.
 */
final class TimeCodec {

  private static final int MILLIS_PER_DAY = 24 * 60 * 60 * 1000;
  private static final int NANOS_PER_MILLI = 1_000_000;

  private TimeCodec() {}

  /** The unit of a timestamp column. */
  enum Unit {
    MILLISECOND("tsm", 3, 1),
    MICROSECOND("tsu", 6, 1_000),
    NANOSECOND("tsn", 9, NANOS_PER_MILLI);

    /** The Arrow format of timestamps of this unit, without the time zone. */
    final String format;

    private final int digits;
    private final int perMilli;

    Unit(String format, int digits, int perMilli) {
      this.format = format;
      this.digits = digits;
      this.perMilli = perMilli;
    }

    /** Returns the longest unit that represents the fraction digits. */
    static Unit of(int precision) {
      if (precision <= MILLISECOND.digits) {
        return MILLISECOND;
      }
      return precision <= MICROSECOND.digits ? MICROSECOND : NANOSECOND;
    }

    /** Returns the units in one step of the last of {@code precision} fraction digits. */
    private int step(int precision) {
      int step = 1;
      for (int digit = precision; digit < digits; digit++) {
        step *= 10;
      }
      return step;
    }
  }

  static final class DateWriter extends ColumnWriter {

    DateWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      int days;
      if (value instanceof Integer) {
        days = (Integer) value;
      } else if (value instanceof TimestampData) {
        days = (int) Math.floorDiv(((TimestampData) value).getMillisecond(), MILLIS_PER_DAY);
      } else {
        throw wrongClass(value);
      }
      arena.putInt(values + (row << 2), days);
    }
  }

  static final class TimeWriter extends ColumnWriter {

    private final int step;

    TimeWriter(Column column, int precision) {
      super(column);
      this.step = Unit.MILLISECOND.step(precision);
    }

    @Override
    void writeValue(int row, Object value) {
      int millis;
      if (value instanceof Integer) {
        millis = (Integer) value;
      } else if (value instanceof TimestampData) {
        millis = Math.floorMod(((TimestampData) value).getMillisecond(), MILLIS_PER_DAY);
      } else {
        throw wrongClass(value);
      }
      arena.putInt(values + (row << 2), millis - millis % step);
    }
  }

  static final class TimestampWriter extends ColumnWriter {

    private final Unit unit;
    private final int perMilli;
    private final int nanosPerUnit;
    private final int step;

    TimestampWriter(Column column, int precision) {
      super(column);
      this.unit = Unit.of(precision);
      this.perMilli = unit.perMilli;
      this.nanosPerUnit = NANOS_PER_MILLI / perMilli;
      this.step = unit.step(precision);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof TimestampData)) {
        throw wrongClass(value);
      }
      TimestampData timestamp = (TimestampData) value;
      try {
        long units =
            units(timestamp.getMillisecond(), timestamp.getNanoOfMillisecond() / nanosPerUnit);
        long cut = Math.subtractExact(units, Math.floorMod(units, step));
        arena.putLong(values + (row << 3), cut);
      } catch (ArithmeticException overflow) {
        throw error(
            "got a time that 64 bits of "
                + unit.name().toLowerCase(Locale.ROOT)
                + "s since 1970 cannot hold; a type with fewer fraction digits holds more years");
      }
    }

    /** Rounds towards 1970 before it multiplies, so that the whole 64-bit range can be used. */
    private long units(long millis, int rest) {
      return millis < 0
          ? Math.addExact(Math.multiplyExact(millis + 1, perMilli), rest - perMilli)
          : Math.addExact(Math.multiplyExact(millis, perMilli), rest);
    }
  }

  static final class TimestampReader extends ColumnReader {

    private final int perMilli;
    private final int nanosPerUnit;

    TimestampReader(Column column, int precision) {
      super(column);
      this.perMilli = Unit.of(precision).perMilli;
      this.nanosPerUnit = NANOS_PER_MILLI / perMilli;
    }

    @Override
    Object readValue(int row) {
      long units = arena.getLong(values + (row << 3));
      return TimestampData.fromEpochMillis(
          Math.floorDiv(units, perMilli), Math.floorMod(units, perMilli) * nanosPerUnit);
    }
  }
}
