// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static org.apache.flink.table.data.StringData.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Values are written to Arrow columns and read back, with memory of this test. */
class ColumnsTest {

  private static final DataType DECIMAL_10_4 = DataTypes.DECIMAL(10, 4);
  private static final DataType DECIMAL_38_0 = DataTypes.DECIMAL(38, 0);
  private static final DataType TIMESTAMP_9 = DataTypes.TIMESTAMP(9);
  private static final int MILLIS_OF_NOON = 12 * 60 * 60 * 1000;

  static Stream<Arguments> values() {
    return Stream.of(
        arguments(DataTypes.BOOLEAN(), true),
        arguments(DataTypes.BOOLEAN(), false),
        arguments(DataTypes.TINYINT(), Byte.MIN_VALUE),
        arguments(DataTypes.SMALLINT(), Short.MIN_VALUE),
        arguments(DataTypes.INT(), Integer.MIN_VALUE),
        arguments(DataTypes.BIGINT(), Long.MIN_VALUE),
        arguments(DataTypes.FLOAT(), Float.NaN),
        arguments(DataTypes.FLOAT(), Float.MIN_VALUE),
        arguments(DataTypes.DOUBLE(), Double.NEGATIVE_INFINITY),
        arguments(DataTypes.DOUBLE(), -0.0),
        arguments(DECIMAL_10_4, decimal("-123456.7891", 10, 4)),
        arguments(DECIMAL_38_0, decimal("99999999999999999999999999999999999999", 38, 0)),
        arguments(DECIMAL_38_0, decimal("-99999999999999999999999999999999999999", 38, 0)),
        arguments(DECIMAL_38_0, decimal("-1", 38, 0)),
        arguments(DECIMAL_38_0, decimal("18446744073709551615", 38, 0)),
        arguments(DataTypes.STRING(), fromString("")),
        arguments(DataTypes.STRING(), fromString("grüße \uD83D\uDE00 and\0zero")),
        arguments(DataTypes.CHAR(2), fromString("ab")),
        arguments(DataTypes.BYTES(), new byte[] {0, -1, 127}),
        arguments(DataTypes.VARBINARY(1), new byte[0]),
        arguments(DataTypes.DATE(), (int) LocalDate.of(1, 1, 1).toEpochDay()),
        arguments(DataTypes.TIME(3), MILLIS_OF_NOON + 1),
        arguments(DataTypes.TIMESTAMP(3), timestamp("0001-01-01T00:00:00.001")),
        arguments(DataTypes.TIMESTAMP(6), timestamp("9999-12-31T23:59:59.999999")),
        arguments(DataTypes.TIMESTAMP(6), timestamp("1969-12-31T23:59:59.999999")),
        arguments(TIMESTAMP_9, timestamp("1969-12-31T23:59:59.999999999")),
        arguments(TIMESTAMP_9, timestamp("1677-09-21T00:12:43.145224192")),
        arguments(TIMESTAMP_9, timestamp("2262-04-11T23:47:16.854775807")),
        arguments(
            DataTypes.TIMESTAMP_LTZ(6),
            TimestampData.fromInstant(Instant.parse("2024-02-29T12:00:00.123456Z"))));
  }

  /** Every type keeps its value, up to its boundaries. */
  @ParameterizedTest
  @MethodSource("values")
  void valueIsReadAsItWasWritten(DataType type, Object value) {
    assertThat(writeAndRead(type, value)).isEqualTo(value);
  }

  /** Columns are reused, so a null must not show the value that the row had before. */
  @ParameterizedTest
  @MethodSource("values")
  void nullIsReadAfterAValueInTheSameRow(DataType type, Object value) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);

    input.write(0, GenericRowData.of(value));
    input.write(0, GenericRowData.of((Object) null));
    input.write(1, GenericRowData.of(value));

    assertThat(new OutputColumns(memory, row).read(2))
        .containsExactly(GenericRowData.of((Object) null), GenericRowData.of(value));
  }

  /** Python relies on NOT NULL, and the message must name the column. */
  @ParameterizedTest
  @MethodSource("values")
  void nullInNotNullColumnIsRejected(DataType type) {
    assertThatThrownBy(() -> writeAndRead(type.notNull(), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "column 'c': expected "
                + type.notNull().getLogicalType().asSummaryString()
                + ", got null");
  }

  /** Pairs of LogicalTypeCasts.supportsImplicitCast, for which the planner inserts no cast. */
  static Stream<Arguments> implicitCasts() {
    return Stream.of(
        arguments((byte) 7, DataTypes.SMALLINT(), (short) 7),
        arguments((byte) 7, DataTypes.INT(), 7),
        arguments((short) -7, DataTypes.INT(), -7),
        arguments((byte) 7, DataTypes.BIGINT(), 7L),
        arguments((short) 7, DataTypes.BIGINT(), 7L),
        arguments(-7, DataTypes.BIGINT(), -7L),
        arguments((byte) 7, DataTypes.FLOAT(), 7f),
        arguments(7, DataTypes.FLOAT(), 7f),
        arguments(7L, DataTypes.FLOAT(), 7f),
        arguments(decimal("1.5", 5, 2), DataTypes.FLOAT(), 1.5f),
        arguments((short) 7, DataTypes.DOUBLE(), 7.0),
        arguments(7L, DataTypes.DOUBLE(), 7.0),
        arguments(1.5f, DataTypes.DOUBLE(), 1.5),
        arguments(decimal("1.5", 5, 2), DataTypes.DOUBLE(), 1.5),
        arguments((byte) 7, DECIMAL_10_4, decimal("7", 10, 4)),
        arguments(7L, DECIMAL_10_4, decimal("7", 10, 4)),
        arguments(0.1, DECIMAL_10_4, decimal("0.1", 10, 4)),
        arguments(1.5f, DECIMAL_10_4, decimal("1.5", 10, 4)),
        arguments(decimal("123.45", 5, 2), DECIMAL_10_4, decimal("123.45", 10, 4)),
        arguments(decimal("1.23455", 20, 5), DECIMAL_10_4, decimal("1.2346", 10, 4)),
        arguments(decimal("1.2345", 20, 4), DECIMAL_10_4, decimal("1.2345", 10, 4)),
        arguments(timestamp("1969-12-31T12:00"), DataTypes.DATE(), -1),
        arguments(timestamp("1969-12-31T12:00"), DataTypes.TIME(3), MILLIS_OF_NOON),
        arguments(timestamp("1970-01-01T12:00:00.9"), DataTypes.TIME(0), MILLIS_OF_NOON),
        arguments(MILLIS_OF_NOON + 120, DataTypes.TIME(1), MILLIS_OF_NOON + 100),
        arguments(
            timestamp("2024-02-29T12:00:00.123456789"),
            DataTypes.TIMESTAMP(6),
            timestamp("2024-02-29T12:00:00.123456")),
        arguments(
            timestamp("2024-02-29T12:00:00.123456789"),
            DataTypes.TIMESTAMP(0),
            timestamp("2024-02-29T12:00:00")),
        arguments(
            timestamp("1969-12-31T23:59:59.5"),
            DataTypes.TIMESTAMP_LTZ(0),
            timestamp("1969-12-31T23:59:59")));
  }

  /** The planner inserts no cast for these pairs, so the writer must convert. */
  @ParameterizedTest
  @MethodSource("implicitCasts")
  void valueOfAnImplicitlyCastTypeIsConverted(Object value, DataType type, Object expected) {
    assertThat(writeAndRead(type, value)).isEqualTo(expected);
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        arguments(1, DataTypes.BOOLEAN(), "got java.lang.Integer"),
        arguments((short) 1, DataTypes.TINYINT(), "got java.lang.Short"),
        arguments(1, DataTypes.SMALLINT(), "got java.lang.Integer"),
        arguments(1L, DataTypes.INT(), "got java.lang.Long"),
        arguments(1.5, DataTypes.BIGINT(), "got java.lang.Double"),
        arguments(1.5, DataTypes.FLOAT(), "got java.lang.Double"),
        arguments(true, DataTypes.DOUBLE(), "got java.lang.Boolean"),
        arguments("text", DataTypes.STRING(), "got java.lang.String"),
        arguments(fromString("text"), DataTypes.BYTES(), "got "),
        arguments(new byte[0], DataTypes.STRING(), "got [B"),
        arguments(1L, DataTypes.DATE(), "got java.lang.Long"),
        arguments(1L, DataTypes.TIME(3), "got java.lang.Long"),
        arguments(1L, DataTypes.TIMESTAMP(3), "got java.lang.Long"),
        arguments(true, DECIMAL_10_4, "got java.lang.Boolean"),
        arguments(Double.NaN, DECIMAL_10_4, "got infinity or NaN"),
        arguments(1_000_000, DECIMAL_10_4, "got a number with too many digits"),
        arguments(
            decimal("999999.99999", 11, 5), DECIMAL_10_4, "got a number with too many digits"),
        arguments(timestamp("1677-09-21T00:12:43.145224191"), TIMESTAMP_9, "got a time that 64"),
        arguments(timestamp("2262-04-11T23:47:16.854775808"), TIMESTAMP_9, "got a time that 64"));
  }

  /** The message is all that a user has to find the column. */
  @ParameterizedTest
  @MethodSource("misfits")
  void valueThatDoesNotFitIsRejectedWithItsColumnAndType(
      Object value, DataType type, String problem) {
    assertThatThrownBy(() -> writeAndRead(type, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "column 'c': expected " + type.getLogicalType().asSummaryString() + ", " + problem);
  }

  /** Native code reads this memory, so its layout is a contract beyond what Java reads back. */
  @Test
  void decimalIsStoredAs128BitIntegerInNativeOrder() {
    RowType type = rowOf(DataTypes.DECIMAL(5, 2));
    TestMemory memory = new TestMemory(type);

    new InputColumns(memory, type, type).write(1, GenericRowData.of(decimal("-1.00", 5, 2)));

    ByteBuffer values = memory.values(0);
    assertThat(values.getLong(16)).isEqualTo(-100);
    assertThat(values.getLong(24)).isEqualTo(-1);
  }

  /** Native code finds a string by these offsets, across nulls and growth of the buffer. */
  /** Flink has text as a Java string, in its own memory, or both. */
  @ParameterizedTest
  @MethodSource("textsInMemory")
  void textIsTheSameWhereverFlinkHasIt(StringData text, String expected) {
    RowType type = rowOf(DataTypes.STRING());
    TestMemory memory = new TestMemory(type);
    InputColumns input = new InputColumns(memory, type, type);

    input.write(0, GenericRowData.of(fromString("before")));
    input.write(1, GenericRowData.of(text));
    input.write(2, GenericRowData.of(fromString("after")));

    assertThat(new OutputColumns(memory, type).read(0, 3))
        .extracting(row -> row.getString(0).toString())
        .containsExactly("before", expected, "after");
  }

  static Stream<Arguments> textsInMemory() {
    byte[] utf8 = "..grüße and more than eight bytes..".getBytes(StandardCharsets.UTF_8);
    int length = utf8.length - 4;
    MemorySegment heap = MemorySegmentFactory.wrap(utf8);
    MemorySegment direct = MemorySegmentFactory.wrapOffHeapMemory(ByteBuffer.allocateDirect(64));
    heap.copyTo(0, direct, 0, utf8.length);
    MemorySegment[] several = {
      MemorySegmentFactory.wrap(Arrays.copyOf(utf8, 16)),
      MemorySegmentFactory.wrap(Arrays.copyOfRange(utf8, 16, 32)),
      MemorySegmentFactory.wrap(Arrays.copyOfRange(utf8, 32, 48))
    };
    BinaryStringData encoded = BinaryStringData.fromString("encoded");
    encoded.ensureMaterialized();
    String expected = "grüße and more than eight bytes";
    return Stream.of(
        arguments(BinaryStringData.fromAddress(new MemorySegment[] {heap}, 2, length), expected),
        arguments(BinaryStringData.fromAddress(new MemorySegment[] {direct}, 2, length), expected),
        arguments(BinaryStringData.fromAddress(several, 2, length), expected),
        arguments(encoded, "encoded"),
        arguments(fromString("lone \uD83D surrogate"), "lone ? surrogate"));
  }

  @Test
  void textIsStoredAsUtf8BetweenInt32Offsets() {
    RowType type = rowOf(DataTypes.STRING());
    TestMemory memory = new TestMemory(type);
    InputColumns input = new InputColumns(memory, type, type);

    input.write(0, GenericRowData.of(fromString("ü")));
    input.write(1, GenericRowData.of((Object) null));
    input.write(2, GenericRowData.of(fromString("longer than the buffer was")));

    ByteBuffer offsets = memory.values(0);
    assertThat(List.of(offsets.getInt(0), offsets.getInt(4), offsets.getInt(8), offsets.getInt(12)))
        .containsExactly(0, 2, 2, 28);
    assertThat(memory.memory(ColumnMemory.INPUT, 0).get(0)).isEqualTo((byte) 0xC3);
  }

  /** All columns share one arena, so a wrong offset would overwrite a neighbour. */
  @Test
  void columnsOfOneRowKeepTheirOwnValues() {
    RowType type =
        (RowType)
            DataTypes.ROW(
                    DataTypes.FIELD("a", DataTypes.BOOLEAN()),
                    DataTypes.FIELD("b", DataTypes.STRING()),
                    DataTypes.FIELD("c", DataTypes.DECIMAL(20, 0)),
                    DataTypes.FIELD("d", DataTypes.STRING()),
                    DataTypes.FIELD("e", DataTypes.DOUBLE()))
                .getLogicalType();
    TestMemory memory = new TestMemory(type);
    InputColumns input = new InputColumns(memory, type, type);
    List<RowData> rows = new ArrayList<>();

    for (int row = 0; row < TestMemory.ROWS; row++) {
      GenericRowData data =
          GenericRowData.of(
              row % 2 == 0,
              fromString("b" + row),
              decimal("1" + row, 20, 0),
              row == 3 ? null : fromString("d"),
              row / 2.0);
      input.write(row, data);
      rows.add(data);
    }

    assertThat(new OutputColumns(memory, type).read(TestMemory.ROWS)).isEqualTo(rows);
  }

  /** A predict function may return no rows. */
  @Test
  void noRowsAreReadFromAnEmptyResult() {
    RowType type = rowOf(DataTypes.INT());

    assertThat(new OutputColumns(new TestMemory(type), type).read(0)).isEmpty();
  }

  /** Native code moves its output when it grows, and reports that with the number of rows. */
  @Test
  void movedOutputIsReadAtItsNewAddress() {
    RowType type = rowOf(DataTypes.STRING());
    TestMemory memory = new TestMemory(type);
    OutputColumns output = new OutputColumns(memory, type);
    RowData row = GenericRowData.of(fromString("longer than the buffer was"));

    new InputColumns(memory, type, type).write(0, row(row));
    memory.move();

    assertThat(output.read(1 | ColumnMemory.OUTPUT_MOVED)).containsExactly(row);
    assertThat(output.read(1)).containsExactly(row);
  }

  /** Flink keeps rows after the next call has overwritten the columns. */
  @Test
  void rowKeepsItsValuesAfterTheNextCall() {
    RowType type = rowOf(DataTypes.BYTES());
    TestMemory memory = new TestMemory(type);
    InputColumns input = new InputColumns(memory, type, type);
    OutputColumns output = new OutputColumns(memory, type);

    input.write(0, GenericRowData.of(new byte[] {1, 2}));
    List<RowData> rows = output.read(1);
    input.write(0, GenericRowData.of(new byte[] {3, 4}));

    assertThat(rows.get(0).getBinary(0)).containsExactly(1, 2);
  }

  private static Object writeAndRead(DataType type, Object value) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    new InputColumns(memory, row, row).write(0, GenericRowData.of(value));
    return row(new OutputColumns(memory, row).read(1).get(0)).getField(0);
  }

  private static GenericRowData row(RowData data) {
    return (GenericRowData) data;
  }

  private static RowType rowOf(DataType type) {
    return RowType.of(new LogicalType[] {type.getLogicalType()}, new String[] {"c"});
  }

  private static DecimalData decimal(String number, int precision, int scale) {
    return DecimalData.fromBigDecimal(new BigDecimal(number), precision, scale);
  }

  private static TimestampData timestamp(String dateTime) {
    return TimestampData.fromLocalDateTime(LocalDateTime.parse(dateTime));
  }
}
