// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static io.github.pyflink.ml.embedded.arrow.ArrowType.LIST;
import static io.github.pyflink.ml.embedded.arrow.ArrowType.MAP;
import static io.github.pyflink.ml.embedded.arrow.ArrowType.NONE;
import static io.github.pyflink.ml.embedded.arrow.ArrowType.STRUCT;

import io.github.pyflink.ml.embedded.arrow.ArrowType.Child;
import io.github.pyflink.ml.embedded.arrow.TimeCodec.Unit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/** The SQL types that Flink and Python can exchange. */
@Internal
public final class ArrowTypes {

  static final String SUPPORTED =
      "BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL, CHAR, VARCHAR, STRING,"
          + " BINARY, VARBINARY, BYTES, DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ, ARRAY, MAP, MULTISET,"
          + " ROW";

  private ArrowTypes() {}

  /**
   * Returns the reason why the first unsupported column is rejected.
   *
   * @return a sentence about "column '...'", which may be a nested one, and its type; empty if all
   *     columns are supported
   */
  public static Optional<String> refusal(RowType type) {
    return refusal("", type);
  }

  /** Describes columns to Python: name, type, nullability, Arrow format, children. */
  public static ArrayNode toJson(RowType type) {
    return toJson(of(type).children);
  }

  /** Returns how many bits a row takes in the arena of columns of these types. */
  static int bits(List<Column> columns) {
    return columns.stream().mapToInt(column -> of(column.type).bits()).sum();
  }

  static ArrowType of(LogicalType type) {
    return find(type)
        .orElseThrow(
            () -> new IllegalArgumentException("Not supported: " + type.asSummaryString()));
  }

  private static Optional<String> refusal(String path, LogicalType type) {
    Optional<ArrowType> arrow = find(type);
    if (!arrow.isPresent()) {
      return Optional.of(refused(path, type, "not supported. Supported are " + SUPPORTED));
    }
    if (arrow.get().isMap()) {
      Child entries = arrow.get().children.get(0);
      Child key = of(entries.type).children.get(0);
      Optional<String> refusal = keyRefusal(key.path(path), key.type);
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return first(arrow.get(), child -> refusal(child.path(path), child.type));
  }

  private static Optional<String> keyRefusal(String path, LogicalType type) {
    return find(type)
        .flatMap(
            arrow ->
                arrow.hasElements()
                    ? Optional.of(
                        refused(
                            path,
                            type,
                            "not supported in a MAP's key or in a MULTISET, because a Python dict"
                                + " cannot have it as a key"))
                    : first(arrow, child -> keyRefusal(child.path(path), child.type)));
  }

  private static Optional<String> first(
      ArrowType arrow, Function<Child, Optional<String>> refusal) {
    return arrow.children.stream().map(refusal).flatMap(Optional::stream).findFirst();
  }

  private static String refused(String path, LogicalType type, String problem) {
    return "column '"
        + path
        + "' is of type "
        + type.asSummaryString()
        + ", which is "
        + problem
        + ".";
  }

  private static ArrayNode toJson(List<Child> columns) {
    ArrayNode fields = JsonNodeFactory.instance.arrayNode();
    for (Child column : columns) {
      ArrowType arrow = of(column.type);
      ObjectNode json =
          fields
              .addObject()
              .put("name", column.name)
              .put("type", column.type.asSummaryString())
              .put("nullable", column.type.isNullable())
              .put("arrow", arrow.format);
      if (arrow.precision != NONE) {
        json.put("precision", arrow.precision);
      }
      if (arrow.length != NONE) {
        json.put("length", arrow.length);
      }
      if (arrow.isNested()) {
        json.set("children", toJson(arrow.children));
      }
    }
    return fields;
  }

  private static Optional<ArrowType> find(LogicalType type) {
    switch (type.getTypeRoot()) {
      case BOOLEAN:
        return Optional.of(new ArrowType("b", BooleanCodec.Writer::new, BooleanCodec.Reader::new));
      case TINYINT:
        return Optional.of(
            new ArrowType("c", NumberCodec.ByteWriter::new, NumberCodec.ByteReader::new));
      case SMALLINT:
        return Optional.of(
            new ArrowType("s", NumberCodec.ShortWriter::new, NumberCodec.ShortReader::new));
      case INTEGER:
        return Optional.of(
            new ArrowType("i", NumberCodec.IntWriter::new, NumberCodec.IntReader::new));
      case BIGINT:
        return Optional.of(
            new ArrowType("l", NumberCodec.LongWriter::new, NumberCodec.LongReader::new));
      case FLOAT:
        return Optional.of(
            new ArrowType("f", NumberCodec.FloatWriter::new, NumberCodec.FloatReader::new));
      case DOUBLE:
        return Optional.of(
            new ArrowType("g", NumberCodec.DoubleWriter::new, NumberCodec.DoubleReader::new));
      case DECIMAL:
        return Optional.of(decimal((DecimalType) type));
      case CHAR:
        return Optional.of(text(((CharType) type).getLength()));
      case VARCHAR:
        return Optional.of(text(((VarCharType) type).getLength()));
      case BINARY:
        return Optional.of(bytes(((BinaryType) type).getLength()));
      case VARBINARY:
        return Optional.of(bytes(((VarBinaryType) type).getLength()));
      case DATE:
        return Optional.of(
            new ArrowType("tdD", TimeCodec.DateWriter::new, NumberCodec.IntReader::new));
      case TIME_WITHOUT_TIME_ZONE:
        return Optional.of(time(((TimeType) type).getPrecision()));
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        return Optional.of(timestamp(((TimestampType) type).getPrecision(), ""));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        return Optional.of(timestamp(((LocalZonedTimestampType) type).getPrecision(), "UTC"));
      case ARRAY:
        return Optional.of(array((ArrayType) type));
      case MAP:
        return Optional.of(map(((MapType) type).getKeyType(), ((MapType) type).getValueType()));
      case MULTISET:
        return Optional.of(map(((MultisetType) type).getElementType(), new IntType(false)));
      case ROW:
        return Optional.of(row((RowType) type));
      default:
        return Optional.empty();
    }
  }

  private static ArrowType decimal(DecimalType type) {
    return new ArrowType(
        "d:" + type.getPrecision() + "," + type.getScale(),
        type.getPrecision(),
        NONE,
        column -> new DecimalCodec.Writer(column, type),
        column -> new DecimalCodec.Reader(column, type));
  }

  private static ArrowType text(int length) {
    return new ArrowType(
        "u",
        NONE,
        length == VarCharType.MAX_LENGTH ? NONE : length,
        TextCodec.TextWriter::new,
        TextCodec.TextReader::new);
  }

  private static ArrowType bytes(int length) {
    return new ArrowType(
        "z",
        NONE,
        length == VarBinaryType.MAX_LENGTH ? NONE : length,
        TextCodec.BytesWriter::new,
        TextCodec.BytesReader::new);
  }

  private static ArrowType time(int precision) {
    return new ArrowType(
        "ttm",
        precision,
        NONE,
        column -> new TimeCodec.TimeWriter(column, precision),
        NumberCodec.IntReader::new);
  }

  private static ArrowType timestamp(int precision, String zone) {
    return new ArrowType(
        Unit.of(precision).format + ":" + zone,
        precision,
        NONE,
        column -> new TimeCodec.TimestampWriter(column, precision),
        column -> new TimeCodec.TimestampReader(column, precision));
  }

  private static ArrowType array(ArrayType type) {
    return new ArrowType(
        LIST,
        List.of(new Child("item", "[]", type.getElementType())),
        ListCodec.ArrayWriter::new,
        ListCodec.ArrayReader::new);
  }

  private static ArrowType map(LogicalType key, LogicalType value) {
    RowType entries =
        new RowType(
            false, List.of(new RowType.RowField("key", key), new RowType.RowField("value", value)));
    return new ArrowType(
        MAP,
        List.of(new Child("entries", "", entries)),
        ListCodec.MapWriter::new,
        ListCodec.MapReader::new);
  }

  private static ArrowType row(RowType type) {
    List<Child> fields =
        type.getFields().stream()
            .map(field -> new Child(field.getName(), "." + field.getName(), field.getType()))
            .collect(Collectors.toList());
    return new ArrowType(STRUCT, fields, RowCodec.Writer::new, RowCodec.Reader::new);
  }
}
