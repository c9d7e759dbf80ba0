// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.base.VoidSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The description of a column for Python decides how native code reads and writes its memory. */
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
            "'type':'TIMESTAMP_LTZ(9)','nullable':true,'arrow':'tsn:UTC','precision':9"),
        arguments(
            DataTypes.ARRAY(DataTypes.CHAR(3).notNull()),
            "'type':'ARRAY<CHAR(3) NOT NULL>','nullable':true,'arrow':'+l','children':["
                + "{'name':'item','type':'CHAR(3) NOT NULL','nullable':false,'arrow':'u',"
                + "'length':3}]"),
        arguments(
            DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()).notNull(),
            "'type':'MAP<STRING, INT> NOT NULL','nullable':false,'arrow':'+m','children':["
                + "{'name':'entries','type':'ROW<`key` STRING, `value` INT> NOT NULL',"
                + "'nullable':false,'arrow':'+s','children':["
                + "{'name':'key','type':'STRING','nullable':true,'arrow':'u'},"
                + "{'name':'value','type':'INT','nullable':true,'arrow':'i'}]}]"),
        arguments(
            DataTypes.MULTISET(DataTypes.DATE()),
            "'type':'MULTISET<DATE>','nullable':true,'arrow':'+m','children':["
                + "{'name':'entries','type':'ROW<`key` DATE, `value` INT NOT NULL> NOT NULL',"
                + "'nullable':false,'arrow':'+s','children':["
                + "{'name':'key','type':'DATE','nullable':true,'arrow':'tdD'},"
                + "{'name':'value','type':'INT NOT NULL','nullable':false,'arrow':'i'}]}]"),
        arguments(
            DataTypes.ROW(
                DataTypes.FIELD("a", DataTypes.INT()),
                DataTypes.FIELD("b", DataTypes.ARRAY(DataTypes.DECIMAL(5, 2)))),
            "'type':'ROW<`a` INT, `b` ARRAY<DECIMAL(5, 2)>>','nullable':true,'arrow':'+s',"
                + "'children':[{'name':'a','type':'INT','nullable':true,'arrow':'i'},"
                + "{'name':'b','type':'ARRAY<DECIMAL(5, 2)>','nullable':true,'arrow':'+l',"
                + "'children':[{'name':'item','type':'DECIMAL(5, 2)','nullable':true,"
                + "'arrow':'d:5,2','precision':5}]}]"));
  }

  /** Native code chooses how to read a column by this description. */
  @ParameterizedTest
  @MethodSource("supported")
  void supportedTypeIsDescribedWithItsArrowFormat(DataType type, String json) {
    RowType row = rowOf(type);

    assertThat(ArrowTypes.refusal(row)).isEmpty();
    assertThat(ArrowTypes.toJson(row).toString().replace('"', '\''))
        .isEqualTo("[{'name':'c'," + json + "}]");
  }

  static Stream<Arguments> unsupported() {
    return Stream.of(
        arguments(DataTypes.INTERVAL(DataTypes.DAY()), "c", "INTERVAL DAY(2)"),
        arguments(DataTypes.INTERVAL(DataTypes.YEAR()), "c", "INTERVAL YEAR(2)"),
        arguments(DataTypes.TIMESTAMP_WITH_TIME_ZONE(3), "c", "TIMESTAMP(3) WITH TIME ZONE"),
        arguments(DataTypes.VARIANT(), "c", "VARIANT"),
        arguments(DataTypes.NULL(), "c", "NULL"),
        arguments(
            DataTypes.RAW(Void.class, VoidSerializer.INSTANCE),
            "c",
            "RAW('java.lang.Void', '...')"),
        arguments(
            DataTypes.STRUCTURED("Point", DataTypes.FIELD("x", DataTypes.INT())),
            "c",
            "STRUCTURED<'Point', `x` INT>"),
        arguments(DataTypes.ARRAY(DataTypes.VARIANT()), "c[]", "VARIANT"),
        arguments(DataTypes.ARRAY(DataTypes.ARRAY(DataTypes.NULL())), "c[][]", "NULL"),
        arguments(DataTypes.MAP(DataTypes.VARIANT(), DataTypes.INT()), "c.key", "VARIANT"),
        arguments(DataTypes.MAP(DataTypes.INT(), DataTypes.VARIANT()), "c.value", "VARIANT"),
        arguments(DataTypes.MULTISET(DataTypes.VARIANT()), "c.key", "VARIANT"),
        arguments(
            DataTypes.ROW(
                DataTypes.FIELD("a", DataTypes.INT()),
                DataTypes.FIELD("b", DataTypes.ARRAY(DataTypes.VARIANT()))),
            "c.b[]",
            "VARIANT"));
  }

  /** The path shows which element of a nested column must change. */
  @ParameterizedTest
  @MethodSource("unsupported")
  void unsupportedTypeIsRejectedWithItsPath(DataType type, String path, String refused) {
    assertThat(refusalOf(type))
        .startsWith(
            "column '"
                + path
                + "' is of type "
                + refused
                + ", which is not supported. Supported are BOOLEAN,");
  }

  static Stream<Arguments> unhashable() {
    DataType list = DataTypes.ARRAY(DataTypes.INT());
    return Stream.of(
        arguments(DataTypes.MAP(list, DataTypes.INT()), "c.key", "ARRAY<INT>"),
        arguments(DataTypes.MULTISET(list), "c.key", "ARRAY<INT>"),
        arguments(
            DataTypes.MULTISET(DataTypes.MULTISET(DataTypes.INT())), "c.key", "MULTISET<INT>"),
        arguments(
            DataTypes.ARRAY(
                DataTypes.MAP(DataTypes.ROW(DataTypes.FIELD("f", list)), DataTypes.INT())),
            "c[].key.f",
            "ARRAY<INT>"));
  }

  /** Python would raise TypeError for such a key in each row. */
  @ParameterizedTest
  @MethodSource("unhashable")
  void unhashableKeyTypeIsRejectedWithTheReason(DataType type, String path, String refused) {
    assertThat(refusalOf(type))
        .isEqualTo(
            "column '"
                + path
                + "' is of type "
                + refused
                + ", which is not supported in a MAP's key or in a MULTISET, because a Python dict"
                + " cannot have it as a key.");
  }

  /** The check of keys must not reject values, which a dict does not hash. */
  @Test
  void listsAreSupportedAsMapValues() {
    DataType list = DataTypes.ARRAY(DataTypes.INT());

    assertThat(ArrowTypes.refusal(rowOf(DataTypes.MAP(DataTypes.INT(), list)))).isEmpty();
  }

  private static String refusalOf(DataType type) {
    return ArrowTypes.refusal(rowOf(type)).orElseThrow();
  }

  private static RowType rowOf(DataType type) {
    return RowType.of(new LogicalType[] {type.getLogicalType()}, new String[] {"c"});
  }
}
