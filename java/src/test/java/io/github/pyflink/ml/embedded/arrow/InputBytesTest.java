// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The option max-batch-bytes counts what rows take in the columns. */
class InputBytesTest {

  private static final int ROWS = 8;
  private static final StringData TEXT = StringData.fromString("grüße"); // 7 bytes

  /** A value, and the bytes of 8 rows of it: one for validity, and those of values and offsets. */
  static Stream<Arguments> values() {
    return Stream.of(
        arguments(DataTypes.BOOLEAN(), true, 1 + 1),
        arguments(DataTypes.TINYINT(), (byte) 1, 1 + 8),
        arguments(DataTypes.SMALLINT(), (short) 1, 1 + 16),
        arguments(DataTypes.INT(), 1, 1 + 32),
        arguments(DataTypes.BIGINT(), 1L, 1 + 64),
        arguments(DataTypes.FLOAT(), 1f, 1 + 32),
        arguments(DataTypes.DOUBLE(), 1.0, 1 + 64),
        arguments(DataTypes.DECIMAL(5, 2), DecimalData.fromUnscaledLong(1, 5, 2), 1 + 128),
        arguments(DataTypes.DATE(), 1, 1 + 32),
        arguments(DataTypes.TIME(3), 1, 1 + 32),
        arguments(DataTypes.TIMESTAMP(6), TimestampData.fromEpochMillis(1), 1 + 64),
        arguments(DataTypes.STRING(), TEXT, 1 + 32 + 8 * 7),
        arguments(DataTypes.BYTES(), new byte[100], 1 + 32 + 8 * 100),
        arguments(DataTypes.STRING(), null, 1 + 32),
        arguments(
            DataTypes.ARRAY(DataTypes.DOUBLE()),
            new GenericArrayData(new double[16]),
            1 + 32 + 8 * (16 * 8 + 2)),
        arguments(
            DataTypes.ARRAY(DataTypes.STRING()),
            new GenericArrayData(new Object[] {TEXT, TEXT}),
            1 + 32 + 8 * (2 * (4 + 7)) + 2),
        arguments(
            DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
            new GenericMapData(Map.of(TEXT, 1)),
            1 + 32 + 8 * (4 + 7 + 4) + 2),
        arguments(
            DataTypes.ROW(
                DataTypes.FIELD("a", DataTypes.INT()), DataTypes.FIELD("b", DataTypes.STRING())),
            GenericRowData.of(1, TEXT),
            1 + (1 + 32) + (1 + 32 + 8 * 7)));
  }

  /** A column that is not counted could take all memory. */
  @ParameterizedTest
  @MethodSource("values")
  void bytesAreThoseOfTheColumns(DataType type, Object value, long expected) {
    RowType row = (RowType) DataTypes.ROW(DataTypes.FIELD("c", type)).getLogicalType();
    InputColumns input = new InputColumns(new TestMemory(row), row, row);
    for (int i = 0; i < ROWS; i++) {
      input.write(i, GenericRowData.of(value));
    }

    assertThat(input.bytes(ROWS)).isEqualTo(expected);
    assertThat(input.bytes(0)).isZero();
  }
}
