// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type has the same Python value as in PyFlink, and comes back unchanged. */
@NeedsPython
class TypesTest {

  // Close to the limit of Flink's collect sink, as the row also holds its repr.
  private static final String LARGE_TEXT = "x".repeat(1_000_000);

  /** A conversion that is right for ordinary values may be wrong at the boundaries. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("types")
  void valuesAndNullsComeBackAsTheyWent(TypeCase type) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "id INT, v " + type.sqlType, type.csvLines())
            .model(
                "echo",
                "v " + type.sqlType,
                "same " + type.sqlType + ", kind STRING, text STRING",
                "values.Identity")
            .query(
                "SELECT same, kind, text"
                    + " FROM ML_PREDICT(TABLE input_rows, MODEL echo, DESCRIPTOR(v))");

    assertThat(rows).hasSameSizeAs(type.values);
    for (int i = 0; i < rows.size(); i++) {
      Value expected = type.values.get(i);
      assertThat(rows.get(i).getField("same")).as(expected.csv).isEqualTo(expected.java);
      assertThat(rows.get(i).getField("text")).isEqualTo(expected.pythonText);
      assertThat(rows.get(i).getField("kind"))
          .isEqualTo(expected.java == null ? "builtins.NoneType" : type.pythonType);
    }
  }

  /** Libraries return numpy scalars, which are not Python numbers. */
  @Test
  void numpyScalarsAreResults() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "id INT", "1")
            .model(
                "scalars",
                "id INT",
                "b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f32 FLOAT, f64 DOUBLE,"
                    + " s STRING, y BYTES",
                "values.NumpyScalars")
            .query(
                "SELECT b, i8, i16, i32, i64, f32, f64, s, y"
                    + " FROM ML_PREDICT(TABLE input_rows, MODEL scalars, DESCRIPTOR(id))");

    assertThat(rows)
        .containsExactly(
            Row.of(
                true,
                Byte.MIN_VALUE,
                Short.MIN_VALUE,
                Integer.MIN_VALUE,
                Long.MIN_VALUE,
                0.5f,
                0.1,
                "text",
                "bytes".getBytes(StandardCharsets.UTF_8)));
  }

  /** 64 bits of nanoseconds since 1970 only cover the years 1677 to 2262. */
  @Test
  void timestampOutsideTheRangeOfNanosecondsFailsWithItsColumn() {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "id INT, ts TIMESTAMP(9)", "1,2300-01-01 00:00:00")
            .model(
                "echo",
                "ts TIMESTAMP(9)",
                "same TIMESTAMP(9), kind STRING, text STRING",
                "values.Identity")
            .failureOf("SELECT same FROM ML_PREDICT(TABLE input_rows, MODEL echo, DESCRIPTOR(ts))");

    assertThat(failure).contains("echo", "ts", "TIMESTAMP(9)").doesNotContain("2300");
  }

  private static Stream<TypeCase> types() {
    return Stream.of(
        new TypeCase("BOOLEAN", "builtins.bool")
            .value("true", true, "True")
            .value("false", false, "False"),
        integers("TINYINT", Byte.MIN_VALUE, Byte.MAX_VALUE),
        integers("SMALLINT", Short.MIN_VALUE, Short.MAX_VALUE),
        integers("INT", Integer.MIN_VALUE, Integer.MAX_VALUE),
        integers("BIGINT", Long.MIN_VALUE, Long.MAX_VALUE),
        new TypeCase("FLOAT", "builtins.float")
            .value("0.5", 0.5f, "0.5")
            .value("-0.0", -0.0f, "-0.0")
            .value("3.4028235E38", Float.MAX_VALUE, "3.4028234663852886e+38")
            .value("1.4E-45", Float.MIN_VALUE, "1.401298464324817e-45")
            .value("NaN", Float.NaN, "nan")
            .value("-Infinity", Float.NEGATIVE_INFINITY, "-inf"),
        new TypeCase("DOUBLE", "builtins.float")
            .value("0.1", 0.1, "0.1")
            .value("-0.0", -0.0, "-0.0")
            .value("1.7976931348623157E308", Double.MAX_VALUE, "1.7976931348623157e+308")
            .value("4.9E-324", Double.MIN_VALUE, "5e-324")
            .value("NaN", Double.NaN, "nan")
            .value("Infinity", Double.POSITIVE_INFINITY, "inf")
            .value("-Infinity", Double.NEGATIVE_INFINITY, "-inf"),
        strings("CHAR(3)", "abc"),
        strings("CHAR(2)", "\uD83D\uDE00é"),
        strings("VARCHAR(3)", "", "abc", "é\uD83D\uDE00z"),
        strings("STRING", "", "ASCII", "Grüße", "日本語", "\uD83D\uDE00\uD83D\uDC0D", LARGE_TEXT),
        bytes("BINARY(3)", "AAEC", "b'\\x00\\x01\\x02'", 0, 1, 2),
        bytes("VARBINARY(3)", "/w==", "b'\\xff'", -1),
        bytes("BYTES", "3q2+7w==", "b'\\xde\\xad\\xbe\\xef'", 0xde, 0xad, 0xbe, 0xef),
        bytes("BYTES", "\"\"", "b''"),
        new TypeCase("DATE", "datetime.date")
            .value("1970-01-01", LocalDate.EPOCH, "datetime.date(1970, 1, 1)")
            .value("0001-01-01", LocalDate.of(1, 1, 1), "datetime.date(1, 1, 1)")
            .value("9999-12-31", LocalDate.of(9999, 12, 31), "datetime.date(9999, 12, 31)"),
        new TypeCase("TIME", "datetime.time")
            .value("00:00:00", LocalTime.MIN, "datetime.time(0, 0)")
            .value("23:59:59", LocalTime.of(23, 59, 59), "datetime.time(23, 59, 59)"),
        new TypeCase("TIME(3)", "datetime.time")
            .value(
                "23:59:59.999",
                LocalTime.of(23, 59, 59, 999_000_000),
                "datetime.time(23, 59, 59, 999000)"),
        timestamps("TIMESTAMP(0)")
            .timestamp("1970-01-01T00:00", "1970, 1, 1, 0, 0")
            .timestamp("0001-01-01T00:00", "1, 1, 1, 0, 0")
            .timestamp("9999-12-31T23:59:59", "9999, 12, 31, 23, 59, 59"),
        timestamps("TIMESTAMP(3)")
            .timestamp("1969-12-31T23:59:59.999", "1969, 12, 31, 23, 59, 59, 999000")
            .timestamp("9999-12-31T23:59:59.999", "9999, 12, 31, 23, 59, 59, 999000"),
        timestamps("TIMESTAMP(6)")
            .timestamp("0001-01-01T00:00:00.000001", "1, 1, 1, 0, 0, 0, 1")
            .timestamp("9999-12-31T23:59:59.999999", "9999, 12, 31, 23, 59, 59, 999999"),
        timestamps("TIMESTAMP(9)")
            .timestamp("1969-12-31T23:59:59.999999", "1969, 12, 31, 23, 59, 59, 999999")
            .timestamp("1677-09-21T00:12:44", "1677, 9, 21, 0, 12, 44")
            .timestamp("2262-04-11T23:47:16.854775", "2262, 4, 11, 23, 47, 16, 854775"),
        new TypeCase("TIMESTAMP(9)", "datetime.datetime")
            .value(
                "2024-02-29 12:00:00.123456789",
                LocalDateTime.parse("2024-02-29T12:00:00.123456"), // datetime ends at microseconds
                "datetime.datetime(2024, 2, 29, 12, 0, 0, 123456)"),
        instants("TIMESTAMP_LTZ(0)")
            .instant("1970-01-01T00:00:00Z", "1970, 1, 1, 0, 0")
            .instant("0001-01-01T00:00:00Z", "1, 1, 1, 0, 0"),
        instants("TIMESTAMP_LTZ(3)")
            .instant("1969-12-31T23:59:59.999Z", "1969, 12, 31, 23, 59, 59, 999000"),
        instants("TIMESTAMP_LTZ(6)")
            .instant("9999-12-31T23:59:59.999999Z", "9999, 12, 31, 23, 59, 59, 999999"),
        instants("TIMESTAMP_LTZ(9)")
            .instant("2024-02-29T12:00:00.123456Z", "2024, 2, 29, 12, 0, 0, 123456"),
        decimals("DECIMAL(1, 0)", "-9", "0", "9"),
        decimals("DECIMAL(10, 2)", "-99999999.99", "0.00", "0.01"),
        decimals("DECIMAL(18, 0)", "999999999999999999", "-999999999999999999"),
        decimals("DECIMAL(19, 0)", "9999999999999999999", "-9223372036854775809"),
        decimals("DECIMAL(38, 0)", "99999999999999999999999999999999999999"),
        decimals(
            "DECIMAL(38, 18)",
            "12345678901234567890.123456789012345678",
            "-99999999999999999999.999999999999999999",
            "0.000000000000000001"),
        decimals("DECIMAL(38, 38)", "-0.99999999999999999999999999999999999999"));
  }

  private static TypeCase integers(String sqlType, Number min, Number max) {
    TypeCase type = new TypeCase(sqlType, "builtins.int");
    return type.value(min.toString(), min, min.toString())
        .value(max.toString(), max, max.toString());
  }

  private static TypeCase strings(String sqlType, String... values) {
    TypeCase type = new TypeCase(sqlType, "builtins.str");
    for (String value : values) {
      type.value('"' + value + '"', value, "'" + value + "'");
    }
    return type;
  }

  private static TypeCase bytes(String sqlType, String base64, String text, int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new TypeCase(sqlType, "builtins.bytes").value(base64, bytes, text);
  }

  private static TypeCase timestamps(String sqlType) {
    return new TypeCase(sqlType, "datetime.datetime");
  }

  private static TypeCase instants(String sqlType) {
    return new TypeCase(sqlType, "datetime.datetime");
  }

  private static TypeCase decimals(String sqlType, String... values) {
    TypeCase type = new TypeCase(sqlType, "decimal.Decimal");
    for (String value : values) {
      type.value(value, new BigDecimal(value), "Decimal('" + new BigDecimal(value) + "')");
    }
    return type;
  }

  /** A SQL type, its Python type, and values with their text; null is always one of them. */
  private static final class TypeCase {

    private final String sqlType;
    private final String pythonType;
    private final List<Value> values = new ArrayList<>(List.of(new Value("\\N", null, "None")));

    TypeCase(String sqlType, String pythonType) {
      this.sqlType = sqlType;
      this.pythonType = pythonType;
    }

    TypeCase value(String csv, Object java, String pythonText) {
      values.add(new Value(csv, java, pythonText));
      return this;
    }

    TypeCase timestamp(String iso, String arguments) {
      LocalDateTime value = LocalDateTime.parse(iso);
      return value(csv(value), value, "datetime.datetime(" + arguments + ")");
    }

    TypeCase instant(String iso, String arguments) {
      Instant value = Instant.parse(iso);
      return value(
          csv(LocalDateTime.ofInstant(value, ZoneOffset.UTC)) + "Z",
          value,
          "datetime.datetime(" + arguments + ", tzinfo=datetime.timezone.utc)");
    }

    String[] csvLines() {
      return values.stream().map(value -> "0," + value.csv).toArray(String[]::new);
    }

    private static String csv(LocalDateTime value) {
      return value.toLocalDate() + " " + DateTimeFormatter.ISO_LOCAL_TIME.format(value);
    }

    @Override
    public String toString() {
      return sqlType;
    }
  }

  private static final class Value {

    private final String csv;
    private final Object java;
    private final String pythonText;

    Value(String csv, Object java, String pythonText) {
      this.csv = csv;
      this.java = java;
      this.pythonText = pythonText;
    }
  }
}
