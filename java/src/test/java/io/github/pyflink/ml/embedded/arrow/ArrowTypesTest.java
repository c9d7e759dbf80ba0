package io.github.pyflink.ml.embedded.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What Python is told of a column decides how native code reads and writes its memory. */
class ArrowTypesTest {

  static Stream<Arguments> supported() {
    return Stream.of(
        arguments(DataTypes.BOOLEAN(), "'type':'BOOLEAN','nullable':true,'arrow':'b'"),
        arguments(DataTypes.TINYINT(), "'type':'TINYINT','nullable':true,'arrow':'c'"),
        arguments(DataTypes.SMALLINT(), "'type':'SMALLINT','nullable':true,'arrow':'s'"),
        arguments(DataTypes.INT(), "'type':'INT','nullable':true,'arrow':'i'"),
        arguments(DataTypes.BIGINT(), "'type':'BIGINT','nullable':true,'arrow':'l'"),
        arguments(DataTypes.FLOAT(), "'type':'FLOAT','nullable':true,'arrow':'f'"),
        arguments(
            DataTypes.DOUBLE().notNull(), "'type':'DOUBLE NOT NULL','nullable':false,'arrow':'g'"),
        arguments(
            DataTypes.DECIMAL(10, 2),
            "'type':'DECIMAL(10, 2)','nullable':true,'arrow':'d:10,2','precision':10"),
        arguments(DataTypes.CHAR(3), "'type':'CHAR(3)','nullable':true,'arrow':'u','length':3"),
        arguments(
            DataTypes.VARCHAR(9), "'type':'VARCHAR(9)','nullable':true,'arrow':'u','length':9"),
        arguments(DataTypes.STRING(), "'type':'STRING','nullable':true,'arrow':'u'"),
        arguments(DataTypes.BINARY(3), "'type':'BINARY(3)','nullable':true,'arrow':'z','length':3"),
        arguments(
            DataTypes.VARBINARY(9), "'type':'VARBINARY(9)','nullable':true,'arrow':'z','length':9"),
        arguments(DataTypes.BYTES(), "'type':'BYTES','nullable':true,'arrow':'z'"),
        arguments(DataTypes.DATE(), "'type':'DATE','nullable':true,'arrow':'tdD'"),
        arguments(
            DataTypes.TIME(3), "'type':'TIME(3)','nullable':true,'arrow':'ttm','precision':3"),
        arguments(
            DataTypes.TIMESTAMP(3),
            "'type':'TIMESTAMP(3)','nullable':true,'arrow':'tsm:','precision':3"),
        arguments(
            DataTypes.TIMESTAMP(4),
            "'type':'TIMESTAMP(4)','nullable':true,'arrow':'tsu:','precision':4"),
        arguments(
            DataTypes.TIMESTAMP(6),
            "'type':'TIMESTAMP(6)','nullable':true,'arrow':'tsu:','precision':6"),
        arguments(
            DataTypes.TIMESTAMP(7),
            "'type':'TIMESTAMP(7)','nullable':true,'arrow':'tsn:','precision':7"),
        arguments(
            DataTypes.TIMESTAMP_LTZ(0),
            "'type':'TIMESTAMP_LTZ(0)','nullable':true,'arrow':'tsm:UTC','precision':0"),
        arguments(
            DataTypes.TIMESTAMP_LTZ(6),
            "'type':'TIMESTAMP_LTZ(6)','nullable':true,'arrow':'tsu:UTC','precision':6"),
        arguments(
            DataTypes.TIMESTAMP_LTZ(9),
            "'type':'TIMESTAMP_LTZ(9)','nullable':true,'arrow':'tsn:UTC','precision':9"));
  }

  @ParameterizedTest
  @MethodSource("supported")
  void supported_type_has_a_format(DataType type, String json) {
    LogicalType logical = type.getLogicalType();
    RowType row = RowType.of(new LogicalType[] {logical}, new String[] {"c"});

    assertThat(ArrowTypes.isSupported(logical)).isTrue();
    assertThat(ArrowTypes.toJson(row).toString().replace('"', '\''))
        .isEqualTo("[{'name':'c'," + json + "}]");
  }

  static List<DataType> unsupported() {
    return List.of(
        DataTypes.ARRAY(DataTypes.INT()),
        DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
        DataTypes.MULTISET(DataTypes.INT()),
        DataTypes.ROW(DataTypes.FIELD("f", DataTypes.INT())),
        DataTypes.INTERVAL(DataTypes.DAY()),
        DataTypes.INTERVAL(DataTypes.YEAR()),
        DataTypes.VARIANT(),
        DataTypes.NULL());
  }

  @ParameterizedTest
  @MethodSource("unsupported")
  void other_type_is_not_supported(DataType type) {
    assertThat(ArrowTypes.isSupported(type.getLogicalType())).isFalse();
  }
}
