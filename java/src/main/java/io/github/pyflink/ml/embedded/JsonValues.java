// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.TextNode;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Reads values of Flink's types from JSON, in the form of Flink's JSON format. Every method throws
 * {@link IllegalArgumentException} with the column, what was found and what is valid.
 */
final class JsonValues {

  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private JsonValues() {}

  /** Parses JSON; a text that is not JSON is itself the value. */
  static JsonNode parse(String text) {
    try {
      JsonNode json = MAPPER.readTree(text);
      return json.isMissingNode() ? TextNode.valueOf(text) : json;
    } catch (JsonProcessingException e) {
      if (text.trim().startsWith("{")) { // meant as an object
        throw new IllegalArgumentException("it is not valid JSON: " + e.getOriginalMessage());
      }
      return TextNode.valueOf(text);
    }
  }

  /**
   * Reads the columns of a row.
   *
   * @param path in front of the names of the columns, in messages
   */
  static GenericRowData row(String path, JsonNode json, RowType type) {
    List<String> names = type.getFieldNames();
    if (!json.isObject()) {
      throw new IllegalArgumentException(
          found(path.isEmpty() ? "it" : "column '" + path + "'", json)
              + "; a JSON object of "
              + Names.quoted(names)
              + " is expected");
    }
    String prefix = path.isEmpty() ? "" : path + ".";
    for (Iterator<String> given = json.fieldNames(); given.hasNext(); ) {
      String name = given.next();
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            String.format(
                "it has the unknown column '%s%s'%s; the columns are %s",
                prefix, name, Names.nearest(name, names), Names.quoted(names)));
      }
    }
    GenericRowData row = new GenericRowData(names.size());
    for (int i = 0; i < names.size(); i++) {
      JsonNode field = json.get(names.get(i));
      if (field == null) {
        throw new IllegalArgumentException(
            String.format(
                "it has no column '%s%s'; the columns are %s",
                prefix, names.get(i), Names.quoted(names)));
      }
      row.setField(i, value(prefix + names.get(i), field, type.getTypeAt(i)));
    }
    return row;
  }

  /** Reads the value of a column. */
  @Nullable
  static Object value(String path, JsonNode json, LogicalType type) {
    if (json.isNull()) {
      if (!type.isNullable()) {
        throw new IllegalArgumentException(
            String.format("column '%s' is NULL, and its type is %s", path, type.asSummaryString()));
      }
      return null;
    }
    try {
      return notNull(path, json, type);
    } catch (DateTimeException | ArithmeticException | UnsupportedOperationException e) {
      throw mismatch(path, json, type);
    }
  }

  private static Object notNull(String path, JsonNode json, LogicalType type) {
    switch (type.getTypeRoot()) {
      case BOOLEAN:
        require(json.isBoolean(), path, json, type);
        return json.booleanValue();
      case TINYINT:
        return integer(path, json, type).byteValueExact();
      case SMALLINT:
        return integer(path, json, type).shortValueExact();
      case INTEGER:
        return integer(path, json, type).intValueExact();
      case BIGINT:
        return integer(path, json, type).longValueExact();
      case FLOAT:
        return floating(path, json, type, Float.MAX_VALUE).floatValue();
      case DOUBLE:
        return floating(path, json, type, Double.MAX_VALUE);
      case DECIMAL:
        return decimal(path, json, (DecimalType) type);
      case CHAR:
        return text(path, json, type, ((CharType) type).getLength());
      case VARCHAR:
        return text(path, json, type, ((VarCharType) type).getLength());
      case BINARY:
        return bytes(path, json, type, ((BinaryType) type).getLength());
      case VARBINARY:
        return bytes(path, json, type, ((VarBinaryType) type).getLength());
      case DATE:
        return (int) LocalDate.parse(texts(path, json, type)).toEpochDay();
      case TIME_WITHOUT_TIME_ZONE:
        LocalTime time = LocalTime.parse(texts(path, json, type));
        int unit = pow10(Math.max(0, 3 - ((TimeType) type).getPrecision()));
        return (int) (time.toNanoOfDay() / 1_000_000) / unit * unit;
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        LocalDateTime local = LocalDateTime.parse(texts(path, json, type).replace(' ', 'T'));
        return TimestampData.fromLocalDateTime(
            local.withNano(cut(local.getNano(), ((TimestampType) type).getPrecision())));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        Instant instant =
            OffsetDateTime.parse(texts(path, json, type).replace(' ', 'T')).toInstant();
        int nanos = cut(instant.getNano(), ((LocalZonedTimestampType) type).getPrecision());
        return TimestampData.fromInstant(Instant.ofEpochSecond(instant.getEpochSecond(), nanos));
      case ARRAY:
        return array(path, json, (ArrayType) type);
      case MAP:
        return map(
            path, json, type, ((MapType) type).getKeyType(), ((MapType) type).getValueType());
      case MULTISET:
        LogicalType element = ((MultisetType) type).getElementType();
        return map(path, json, type, element, new IntType(false));
      case ROW:
        return row(path, json, (RowType) type);
      default:
        throw mismatch(path, json, type);
    }
  }

  private static BigInteger integer(String path, JsonNode json, LogicalType type) {
    require(json.isIntegralNumber(), path, json, type);
    return json.bigIntegerValue();
  }

  private static Double floating(String path, JsonNode json, LogicalType type, double max) {
    if (json.isTextual() && Arrays.asList("NaN", "Infinity", "-Infinity").contains(json.asText())) {
      return Double.valueOf(json.asText());
    }
    require(json.isNumber() && Math.abs(json.doubleValue()) <= max, path, json, type);
    return json.doubleValue();
  }

  private static DecimalData decimal(String path, JsonNode json, DecimalType type) {
    require(json.isNumber(), path, json, type);
    BigDecimal number = json.decimalValue();
    DecimalData value = DecimalData.fromBigDecimal(number, type.getPrecision(), type.getScale());
    require(value != null, path, json, type);
    return value;
  }

  private static StringData text(String path, JsonNode json, LogicalType type, int length) {
    String text = texts(path, json, type);
    require(text.codePointCount(0, text.length()) <= length, path, json, type);
    return StringData.fromString(text);
  }

  private static byte[] bytes(String path, JsonNode json, LogicalType type, int length) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(texts(path, json, type).getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw mismatch(path, json, type);
    }
    require(bytes.length <= length, path, json, type);
    return bytes;
  }

  private static GenericArrayData array(String path, JsonNode json, ArrayType type) {
    require(json.isArray(), path, json, type);
    List<Object> elements = new ArrayList<>();
    json.forEach(element -> elements.add(value(path + "[]", element, type.getElementType())));
    return new GenericArrayData(elements.toArray());
  }

  /** Reads an object, whose names are the keys, as texts or as JSON. */
  private static GenericMapData map(
      String path, JsonNode json, LogicalType type, LogicalType keyType, LogicalType valueType) {
    require(json.isObject(), path, json, type);
    Map<Object, Object> entries = new HashMap<>();
    for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      Object key = value(path + ".key", literal(name, keyType), keyType);
      entries.put(key, value(path + ".value", json.get(name), valueType));
    }
    return new GenericMapData(entries);
  }

  /** Parses the text of one value; for a column of text it need not be in quotes. */
  static JsonNode literal(String text, LogicalType type) {
    JsonNode json = parse(text);
    boolean isText = type.is(LogicalTypeRoot.CHAR) || type.is(LogicalTypeRoot.VARCHAR);
    return isText && json.isValueNode() && !json.isNull() && !json.isTextual()
        ? TextNode.valueOf(text)
        : json;
  }

  private static String texts(String path, JsonNode json, LogicalType type) {
    require(json.isTextual(), path, json, type);
    return json.textValue();
  }

  private static int cut(int nanos, int precision) {
    int unit = pow10(9 - precision);
    return nanos / unit * unit;
  }

  private static int pow10(int exponent) {
    return BigInteger.TEN.pow(exponent).intValue();
  }

  private static void require(boolean fits, String path, JsonNode json, LogicalType type) {
    if (!fits) {
      throw mismatch(path, json, type);
    }
  }

  private static IllegalArgumentException mismatch(String path, JsonNode json, LogicalType type) {
    return new IllegalArgumentException(
        found("column '" + path + "'", json)
            + ", which does not fit its type "
            + type.asSummaryString());
  }

  private static String found(String subject, JsonNode json) {
    return subject + " is " + json;
  }
}
