// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A default value has the type of its column, whatever that is. */
class DefaultValueTest {

  /** Downstream operators would fail for another class of value. */
  @Test
  void everyTypeHasItsValue() {
    LocalDateTime time = LocalDateTime.of(2026, 11, 29, 12, 30, 1, 123_456_789);

    assertThat(only("true", DataTypes.BOOLEAN())).isEqualTo(true);
    assertThat(only("-128", DataTypes.TINYINT())).isEqualTo((byte) -128);
    assertThat(only("300", DataTypes.SMALLINT())).isEqualTo((short) 300);
    assertThat(only("-1", DataTypes.INT())).isEqualTo(-1);
    assertThat(only("9223372036854775807", DataTypes.BIGINT())).isEqualTo(Long.MAX_VALUE);
    assertThat(only("0.5", DataTypes.FLOAT())).isEqualTo(0.5f);
    assertThat(only("NaN", DataTypes.DOUBLE())).isEqualTo(Double.NaN);
    assertThat(only("12.345", DataTypes.DECIMAL(10, 2)))
        .isEqualTo(DecimalData.fromBigDecimal(new BigDecimal("12.35"), 10, 2));
    assertThat(only("unknown", DataTypes.STRING())).isEqualTo(StringData.fromString("unknown"));
    assertThat(only("\"null\"", DataTypes.STRING())).isEqualTo(StringData.fromString("null"));
    assertThat(only("-1", DataTypes.VARCHAR(2))).isEqualTo(StringData.fromString("-1"));
    assertThat(only("null", DataTypes.STRING())).isNull();
    assertThat(only("AQI=", DataTypes.BYTES())).isEqualTo(new byte[] {1, 2});
    assertThat(only("2026-11-29", DataTypes.DATE()))
        .isEqualTo((int) LocalDate.of(2026, 11, 29).toEpochDay());
    assertThat(only("00:00:01.239", DataTypes.TIME(2))).isEqualTo(1230);
    assertThat(only("2026-11-29 12:30:01.123456789", DataTypes.TIMESTAMP(9)))
        .isEqualTo(TimestampData.fromLocalDateTime(time));
    assertThat(only("2026-11-29T12:30:01.123456789Z", DataTypes.TIMESTAMP_LTZ(3)))
        .isEqualTo(TimestampData.fromLocalDateTime(time.withNano(123_000_000)));
    assertThat(only("[1, null]", DataTypes.ARRAY(DataTypes.INT())))
        .isEqualTo(new GenericArrayData(new Object[] {1, null}));
    assertThat(only("{\"a\": 1}", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())))
        .isEqualTo(new GenericMapData(Map.of(StringData.fromString("a"), 1)));
    assertThat(only("{\"7\": 2}", DataTypes.MULTISET(DataTypes.INT())))
        .isEqualTo(new GenericMapData(Map.of(7, 2)));
    assertThat(only("{\"a\": 1}", DataTypes.ROW(DataTypes.FIELD("a", DataTypes.INT()))))
        .isEqualTo(GenericRowData.of(1));
  }

  /** One form for every model is easier to write. */
  @Test
  void oneColumnMayBeAnObjectToo() {
    assertThat(only("{\"y\": -1}", DataTypes.INT())).isEqualTo(-1);
    assertThat(only("{\"y\": {\"y\": 1}}", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())))
        .isEqualTo(new GenericMapData(Map.of(StringData.fromString("y"), 1)));
  }

  /** A value that is changed on its way is not the one that the user has written. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "128        | TINYINT",
        "1.0        | INT",
        "'\"1\"'    | INT",
        "1e39       | FLOAT",
        "1          | BOOLEAN",
        "123456     | DECIMAL(5, 2)",
        "abc        | VARCHAR(2)",
        "AQI        | BINARY(1)",
        "a?         | BYTES",
        "2026-13-01 | DATE",
        "2026-11-29 | TIMESTAMP(3)",
        "2026-11-29 12:00:00 | TIMESTAMP_LTZ(3)",
        "[1, 2.5]   | ARRAY<INT>",
        "[null]     | ARRAY<INT NOT NULL>",
        "{\"a\": 1} | MAP<INT, INT>",
        "{\"b\": 1} | ROW<a INT>",
        "{\"y\": 1, \"z\": 1} | INT",
      })
  void valueThatDoesNotFitIsRefused(String text, String type) {
    DataType dataType =
        TypeConversions.fromLogicalToDataType(
            LogicalTypeParser.parse(type, getClass().getClassLoader()));

    assertThatThrownBy(() -> only(text, dataType))
        .isInstanceOf(ValidationException.class)
        .hasMessageStartingWith("Option 'default-value' does not fit OUTPUT: ")
        .hasMessageEndingWith("a JSON object of all columns, or the value of the only column.");
  }

  private static Object only(String text, DataType type) {
    RowType row = (RowType) DataTypes.ROW(DataTypes.FIELD("y", type)).notNull().getLogicalType();
    GenericRowData first = DefaultValue.of(text, row).row();
    assertThat(first.getArity()).isEqualTo(1);
    return first.getField(0);
  }
}
