// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.BIGINT;
import static org.apache.flink.table.api.DataTypes.BOOLEAN;
import static org.apache.flink.table.api.DataTypes.BYTES;
import static org.apache.flink.table.api.DataTypes.DATE;
import static org.apache.flink.table.api.DataTypes.DECIMAL;
import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.FLOAT;
import static org.apache.flink.table.api.DataTypes.INT;
import static org.apache.flink.table.api.DataTypes.MAP;
import static org.apache.flink.table.api.DataTypes.MULTISET;
import static org.apache.flink.table.api.DataTypes.NULL;
import static org.apache.flink.table.api.DataTypes.ROW;
import static org.apache.flink.table.api.DataTypes.SMALLINT;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.apache.flink.table.api.DataTypes.STRUCTURED;
import static org.apache.flink.table.api.DataTypes.TIME;
import static org.apache.flink.table.api.DataTypes.TIMESTAMP;
import static org.apache.flink.table.api.DataTypes.TINYINT;
import static org.apache.flink.table.data.StringData.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** ARRAY, MAP, MULTISET and ROW in columns, with memory that moves whenever it grows. */
class NestedColumnsTest {

  private static final DataType PERSON =
      ROW(FIELD("name", STRING()), FIELD("age", INT()), FIELD("tags", ARRAY(STRING())));

  static Stream<Arguments> values() {
    return Stream.of(
        arguments(ARRAY(BOOLEAN()), new GenericArrayData(new boolean[] {true, false, true})),
        arguments(ARRAY(TINYINT()), new GenericArrayData(new byte[] {1, -2, 3})),
        arguments(ARRAY(SMALLINT()), new GenericArrayData(new short[] {1, -2, 3})),
        arguments(ARRAY(INT()), new GenericArrayData(new int[] {1, -2, 3})),
        arguments(ARRAY(BIGINT()), new GenericArrayData(new long[] {1, -2, Long.MIN_VALUE})),
        arguments(ARRAY(FLOAT()), new GenericArrayData(new float[] {0.5f, -0f, Float.NaN})),
        arguments(ARRAY(DOUBLE()), new GenericArrayData(new double[] {0.5, -0.0, Double.NaN})),
        arguments(
            ARRAY(FLOAT().notNull()), new GenericArrayData(new float[] {0.5f, -0f, Float.NaN})),
        arguments(ARRAY(INT()), new GenericArrayData(new int[0])),
        arguments(ARRAY(INT()), array(1, null, 3)),
        arguments(ARRAY(BOOLEAN()), array(null, true, false)),
        arguments(ARRAY(DATE()), array(19782, -1)),
        arguments(ARRAY(TIME(3)), array(43_200_000, null)),
        arguments(ARRAY(STRING()), array(fromString("a"), null, fromString(""), fromString("bc"))),
        arguments(ARRAY(STRING()), array()),
        arguments(ARRAY(BYTES()), array(new byte[] {0, 1}, new byte[0])),
        arguments(ARRAY(DECIMAL(5, 2)), array(decimal("1.25", 5, 2), null)),
        arguments(ARRAY(DECIMAL(38, 2)), array(decimal("-1.25", 38, 2), null)),
        arguments(ARRAY(TIMESTAMP(3)), array(timestamp("2024-02-29T12:00:00.001"), null)),
        arguments(ARRAY(TIMESTAMP(9)), array(null, timestamp("2024-02-29T12:00:00.000000001"))),
        arguments(
            ARRAY(ARRAY(INT())),
            array(
                new GenericArrayData(new int[] {1, 2}),
                null,
                new GenericArrayData(new int[0]),
                array(3, null))),
        arguments(
            ARRAY(ARRAY(ARRAY(STRING()))),
            array(
                array(array(fromString("a"), fromString("b")), null),
                array(),
                array(array(), array((Object) null)))),
        arguments(MAP(STRING(), DOUBLE()), map(fromString("a"), 0.5, fromString("b"), null)),
        arguments(MAP(STRING(), DOUBLE()), map()),
        arguments(MAP(INT(), STRING()), map(null, fromString("none"), 1, fromString("one"))),
        arguments(
            MAP(STRING(), ARRAY(DOUBLE())),
            map(
                fromString("a"),
                new GenericArrayData(new double[] {1, 2, 3}),
                fromString("b"),
                null)),
        arguments(
            MAP(ROW(FIELD("x", INT()), FIELD("y", STRING())), MAP(INT(), INT())),
            map(GenericRowData.of(1, fromString("a")), map(1, 2, 3, 4), null, map())),
        arguments(MULTISET(STRING()), map(fromString("a"), 2, null, 1)),
        arguments(
            MULTISET(ROW(FIELD("x", INT()))),
            map(GenericRowData.of(1), 1, GenericRowData.of((Object) null), 3)),
        arguments(PERSON, GenericRowData.of(fromString("Ada"), 36, array(fromString("x"), null))),
        arguments(PERSON, GenericRowData.of(null, null, null)),
        arguments(
            ROW(FIELD("p", PERSON), FIELD("id", BIGINT())),
            GenericRowData.of(GenericRowData.of(fromString("Ada"), null, array()), 7L)),
        arguments(ROW(FIELD("p", PERSON), FIELD("id", BIGINT())), GenericRowData.of(null, 7L)),
        arguments(
            ARRAY(PERSON),
            array(
                GenericRowData.of(fromString("Ada"), 36, array(fromString("x"))),
                null,
                GenericRowData.of(null, 1, array(fromString("y"), fromString("z"))))),
        arguments(
            ARRAY(ROW(FIELD("m", MAP(STRING(), ARRAY(PERSON))))),
            array(
                GenericRowData.of(
                    map(
                        fromString("a"),
                        array(GenericRowData.of(fromString("Ada"), 36, array(fromString("x")))),
                        fromString("b"),
                        array())),
                GenericRowData.of((Object) null))));
  }

  /** Nested values keep their elements, nulls and order at every depth. */
  @ParameterizedTest
  @MethodSource("values")
  void nestedValueIsReadAsItWasWritten(DataType type, Object value) {
    assertThat(writeAndRead(type, type, value)).isEqualTo(value);
  }

  /** Rows from the network and from SQL constructors are in Flink's binary form. */
  @ParameterizedTest
  @MethodSource("values")
  void nestedValueInBinaryFormIsReadAsItWasWritten(DataType type, Object value) {
    assertThat(writeAndRead(type, type, binary(type, value))).isEqualTo(value);
  }

  /** A large row arrives in several buffers of the network. */
  @ParameterizedTest
  @MethodSource("values")
  void nestedValueInSeveralBuffersIsReadAsItWasWritten(DataType type, Object value) {
    RowType row = rowOf(type);
    BinaryRowData whole = new RowDataSerializer(row).toBinaryRow(GenericRowData.of(value));

    assertThat(writeAndRead(type, type, field(row, inSegmentsOf(32, whole)))).isEqualTo(value);
  }

  /** Offsets continue across nulls, and rows do not depend on earlier contents of the memory. */
  @ParameterizedTest
  @MethodSource("values")
  void manyRowsWithNullsAreReadAsTheyWereWritten(DataType type, Object value) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);
    OutputColumns output = new OutputColumns(memory, row);

    for (int shift = 0; shift < 3; shift++) {
      List<RowData> rows = new ArrayList<>();
      for (int i = 0; i < TestMemory.ROWS; i++) {
        GenericRowData data = GenericRowData.of((i + shift) % 3 == 0 ? null : value);
        input.write(i, data);
        rows.add(data);
      }

      assertThat(output.read(TestMemory.ROWS | ColumnMemory.OUTPUT_MOVED)).isEqualTo(rows);
    }
  }

  /** A writer or reader that keeps a stale view would use freed memory. */
  @ParameterizedTest
  @MethodSource("values")
  void valueIsReadAfterAllMemoryHasMoved(DataType type, Object value) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);
    OutputColumns output = new OutputColumns(memory, row);

    input.write(0, GenericRowData.of((Object) null));
    memory.shrink();
    input.expire(1 | ColumnMemory.INPUT_MOVED);
    input.write(0, GenericRowData.of(value));
    memory.move();

    assertThat(output.read(1 | ColumnMemory.OUTPUT_MOVED | ColumnMemory.INPUT_MOVED))
        .containsExactly(GenericRowData.of(value));
  }

  /**
   * The planner inserts no cast where an implicit one exists, in ARRAY, MAP and ROW too. The binary
   * form can only be read by its own type.
   */
  static Stream<Arguments> implicitCasts() {
    return Stream.of(
        arguments(ARRAY(INT()), array(1, -2), ARRAY(BIGINT()), longs(1, -2)),
        arguments(
            ARRAY(INT()),
            new GenericArrayData(new int[] {-1}),
            ARRAY(DOUBLE()),
            new GenericArrayData(new double[] {-1})),
        arguments(ARRAY(INT()), array(1, null), ARRAY(FLOAT()), array(1f, null)),
        arguments(
            ARRAY(DECIMAL(5, 2)),
            array(decimal("1.25", 5, 2)),
            ARRAY(DECIMAL(20, 4)),
            array(decimal("1.2500", 20, 4))),
        arguments(ARRAY(BIGINT()), array(7L), ARRAY(DECIMAL(38, 0)), array(decimal("7", 38, 0))),
        arguments(
            ARRAY(TIMESTAMP(3)),
            array(timestamp("2024-02-29T12:00:00.001")),
            ARRAY(TIMESTAMP(9)),
            array(timestamp("2024-02-29T12:00:00.001"))),
        arguments(
            ARRAY(ARRAY(TINYINT())),
            array(array((byte) 1)),
            ARRAY(ARRAY(BIGINT())),
            array(longs(1))),
        arguments(MAP(TINYINT(), FLOAT()), map((byte) 1, 0.5f), MAP(INT(), DOUBLE()), map(1, 0.5)),
        arguments(MULTISET(TINYINT()), map((byte) 1, 2), MULTISET(INT()), map(1, 2)),
        arguments(
            ROW(FIELD("a", INT()), FIELD("b", ARRAY(FLOAT()))),
            GenericRowData.of(-1, array(0.5f)),
            ROW(FIELD("x", BIGINT()), FIELD("y", ARRAY(DOUBLE()))),
            GenericRowData.of(-1L, new GenericArrayData(new double[] {0.5}))),
        arguments(
            STRUCTURED("Point", FIELD("a", INT())),
            GenericRowData.of(-1),
            ROW(FIELD("x", BIGINT())),
            GenericRowData.of(-1L)));
  }

  /** The planner inserts no cast for elements of ARRAY, MAP and ROW either. */
  @ParameterizedTest
  @MethodSource("implicitCasts")
  void elementsOfAnImplicitlyCastTypeAreConverted(
      DataType source, Object value, DataType type, Object expected) {
    assertThat(writeAndRead(source, type, value)).isEqualTo(expected);
  }

  /** Flink's binary form can only be read by the table's type, not by the model's. */
  @ParameterizedTest
  @MethodSource("implicitCasts")
  void elementsInBinaryFormAreConverted(
      DataType source, Object value, DataType type, Object expected) {
    assertThat(writeAndRead(source, type, binary(source, value))).isEqualTo(expected);
  }

  /** {@code ROW(NULL)} in SQL has a field whose type no column can have. */
  @Test
  void fieldOfTypeNullIsNull() {
    assertThat(
            writeAndRead(
                ROW(FIELD("a", NULL())), ROW(FIELD("x", INT())), GenericRowData.of((Object) null)))
        .isEqualTo(GenericRowData.of((Object) null));
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        arguments(ARRAY(INT()), map(), "column 'c': expected ARRAY<INT>, got "),
        arguments(
            ARRAY(INT().notNull()),
            array(1, null),
            "column 'c[]': expected INT NOT NULL, got null"),
        arguments(ARRAY(INT()), array(1L), "column 'c[]': expected INT, got java.lang.Long"),
        arguments(
            ARRAY(ARRAY(INT())),
            array(array(1L)),
            "column 'c[][]': expected INT, got java.lang.Long"),
        arguments(MAP(INT(), INT()), array(), "column 'c': expected MAP<INT, INT>, got "),
        arguments(
            MAP(INT().notNull(), INT()),
            map(null, 1),
            "column 'c.key': expected INT NOT NULL, got null"),
        arguments(
            MAP(INT(), INT().notNull()),
            map(1, null),
            "column 'c.value': expected INT NOT NULL, got null"),
        arguments(
            MAP(INT(), ARRAY(INT())),
            map(1, array(1L)),
            "column 'c.value[]': expected INT, got java.lang.Long"),
        arguments(
            MULTISET(INT()), map(1, null), "column 'c.value': expected INT NOT NULL, got null"),
        arguments(ROW(FIELD("x", INT())), array(), "column 'c': expected ROW<`x` INT>, got "),
        arguments(
            ROW(FIELD("x", INT().notNull())),
            GenericRowData.of((Object) null),
            "column 'c.x': expected INT NOT NULL, got null"),
        arguments(
            ARRAY(ROW(FIELD("x", ARRAY(INT())))),
            array(GenericRowData.of(array(1L))),
            "column 'c[].x[]': expected INT, got java.lang.Long"));
  }

  /** The path shows which element of a nested column is wrong. */
  @ParameterizedTest
  @MethodSource("misfits")
  void elementThatDoesNotFitIsRejectedWithItsPath(DataType type, Object value, String message) {
    assertThatThrownBy(() -> writeAndRead(type, type, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  /** A function continues to be used after a row that does not fit. */
  @ParameterizedTest
  @MethodSource("misfits")
  void columnsCanBeWrittenAfterARejectedValue(DataType type, Object value, String message) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);

    assertThatThrownBy(() -> input.write(0, GenericRowData.of(value)))
        .hasMessageStartingWith(message);
    input.write(0, GenericRowData.of((Object) null));

    assertThat(new OutputColumns(memory, row).read(1))
        .containsExactly(GenericRowData.of((Object) null));
  }

  /** Embeddings are longer than the initial capacity, and follow each other in one batch. */
  @Test
  void listsBeyondTheCapacityAreReadAsTheyWereWritten() {
    RowType row = rowOf(ARRAY(FLOAT()));
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);
    float[] embedding = new float[384];
    for (int i = 0; i < embedding.length; i++) {
      embedding[i] = i;
    }
    GenericRowData data = GenericRowData.of(new GenericArrayData(embedding));
    GenericRowData nulls =
        GenericRowData.of(
            array(IntStream.range(0, 99).mapToObj(i -> i % 2 == 0 ? null : 1f).toArray()));

    for (int i = 0; i < 3; i++) {
      input.write(3 * i % 2, data);
      input.write(3 * i % 2 + 1, nulls);
    }
    input.write(0, data);
    input.write(1, nulls);
    input.write(2, data);

    assertThat(new OutputColumns(memory, row).read(3)).containsExactly(data, nulls, data);
  }

  /** Each growth may move memory, so it must not happen for every row. */
  @Test
  void capacityGrowsOnlyWhenItIsExceeded() {
    RowType row = rowOf(ARRAY(INT()));
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);
    int elements = memory.elements(ColumnMemory.INPUT, 0);

    input.write(0, GenericRowData.of(new GenericArrayData(new int[TestMemory.ELEMENTS])));
    assertThat(memory.capacity(elements)).isEqualTo(TestMemory.ELEMENTS);

    input.write(0, GenericRowData.of(new GenericArrayData(new int[TestMemory.ELEMENTS + 1])));
    assertThat(memory.capacity(elements)).isEqualTo(2 * TestMemory.ELEMENTS);
  }

  /** Arrow requires rows in the fields' columns for a null ROW, and native code reads them. */
  @Test
  void fieldsOfANullRowAreNullAndRepeatTheirOffset() {
    RowType type =
        rowOf(
            ROW(
                FIELD("x", INT()),
                FIELD("p", ROW(FIELD("s", STRING().notNull())).notNull()),
                FIELD("l", ARRAY(INT()))));
    TestMemory memory = new TestMemory(type);
    InputColumns input = new InputColumns(memory, type, type);

    input.write(
        0,
        GenericRowData.of(
            GenericRowData.of(1, GenericRowData.of(fromString("ab")), array(1, 2, 3))));
    input.write(1, GenericRowData.of((Object) null));

    ByteBuffer arena = memory.memory(ColumnMemory.INPUT, ColumnMemory.ARENA);
    int[] layout = memory.layout(ColumnMemory.INPUT);
    List<Boolean> valid = new ArrayList<>();
    for (int column = 0; column < 5; column++) {
      valid.add(Bitmap.get(arena, layout[1 + 3 * column], 1));
    }
    assertThat(valid).containsExactly(false, false, true, true, false);
    assertThat(memory.values(3).getInt(8)).isEqualTo(2);
    assertThat(memory.values(4).getInt(8)).isEqualTo(3);
  }

  static Stream<Arguments> overflows() {
    return Stream.of(
        arguments(ARRAY(INT()), array(1), "column 'c': expected ARRAY<INT>", "elements"),
        arguments(MAP(INT(), INT()), map(1, 1), "column 'c': expected MAP<INT, INT>", "elements"),
        arguments(STRING(), fromString("a"), "column 'c': expected STRING", "bytes"));
  }

  /** An int32 offset that wraps around would make native code read other memory. */
  @ParameterizedTest
  @MethodSource("overflows")
  void valuesBeyondAnInt32OffsetAreRejected(
      DataType type, Object value, String column, String unit) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    InputColumns input = new InputColumns(memory, row, row);
    memory.values(0).putInt(4, Integer.MAX_VALUE);

    assertThatThrownBy(() -> input.write(1, GenericRowData.of(value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(column + ", the values of one call take more than 2147483647 " + unit);
  }

  /** Flink passes the array to users who declared an Integer[] without a copy. */
  @Test
  void arrayOfObjectsHasTheirClass() {
    GenericArrayData read =
        (GenericArrayData) writeAndRead(ARRAY(INT()), ARRAY(INT()), array(1, null));

    assertThat(read.toObjectArray()).isExactlyInstanceOf(Integer[].class);
  }

  /** A printed map shows its entries in the order of the Python dict. */
  @Test
  void entriesOfAMapKeepTheirOrder() {
    GenericMapData map = map(3, 0, 1, 0, 2, 0);

    ArrayData keys =
        ((GenericMapData) writeAndRead(MAP(INT(), INT()), MAP(INT(), INT()), map)).keyArray();

    assertThat(keys).isEqualTo(array(3, 1, 2));
  }

  private static Object writeAndRead(DataType source, DataType type, Object value) {
    RowType row = rowOf(type);
    TestMemory memory = new TestMemory(row);
    new InputColumns(memory, row, rowOf(source)).write(0, GenericRowData.of(value));
    return ((GenericRowData) new OutputColumns(memory, row).read(1).get(0)).getField(0);
  }

  private static Object binary(DataType type, Object value) {
    RowType row = rowOf(type);
    return field(row, new RowDataSerializer(row).toBinaryRow(GenericRowData.of(value)).copy());
  }

  private static Object field(RowType row, BinaryRowData binary) {
    return RowData.createFieldGetter(row.getTypeAt(0), 0).getFieldOrNull(binary);
  }

  private static BinaryRowData inSegmentsOf(int size, BinaryRowData row) {
    byte[] bytes =
        BinarySegmentUtils.copyToBytes(row.getSegments(), row.getOffset(), row.getSizeInBytes());
    MemorySegment[] segments = new MemorySegment[(bytes.length + size - 1) / size];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = MemorySegmentFactory.wrap(Arrays.copyOfRange(bytes, i * size, (i + 1) * size));
    }
    BinaryRowData copy = new BinaryRowData(row.getArity());
    copy.pointTo(segments, 0, bytes.length);
    return copy;
  }

  private static RowType rowOf(DataType type) {
    return RowType.of(new LogicalType[] {type.getLogicalType()}, new String[] {"c"});
  }

  private static GenericArrayData array(Object... elements) {
    return new GenericArrayData(elements);
  }

  private static GenericArrayData longs(long... elements) {
    return new GenericArrayData(elements);
  }

  private static GenericMapData map(Object... keysAndValues) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return new GenericMapData(map);
  }

  private static DecimalData decimal(String number, int precision, int scale) {
    return DecimalData.fromBigDecimal(new BigDecimal(number), precision, scale);
  }

  private static TimestampData timestamp(String dateTime) {
    return TimestampData.fromLocalDateTime(LocalDateTime.parse(dateTime));
  }
}
