package io.github.pyflink.ml.embedded.arrow;

import static io.github.pyflink.ml.embedded.arrow.ArrowType.NONE;

import io.github.pyflink.ml.embedded.arrow.TimeColumns.Unit;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/** The types that cross between Flink and Python. */
@Internal
public final class ArrowTypes {

  /** The supported types, for messages. */
  public static final String SUPPORTED =
      "BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL, CHAR, VARCHAR, STRING,"
          + " BINARY, VARBINARY, BYTES, DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ";

  private ArrowTypes() {}

  public static boolean isSupported(LogicalType type) {
    return find(type).isPresent();
  }

  /** Describes columns of supported types to Python: name, type, nullability, Arrow format. */
  public static ArrayNode toJson(RowType type) {
    ArrayNode fields = JsonNodeFactory.instance.arrayNode();
    for (RowType.RowField field : type.getFields()) {
      ArrowType arrow = of(field.getType());
      ObjectNode json =
          fields
              .addObject()
              .put("name", field.getName())
              .put("type", field.getType().asSummaryString())
              .put("nullable", field.getType().isNullable())
              .put("arrow", arrow.format);
      if (arrow.precision != NONE) {
        json.put("precision", arrow.precision);
      }
      if (arrow.length != NONE) {
        json.put("length", arrow.length);
      }
    }
    return fields;
  }

  static ArrowType of(LogicalType type) {
    return find(type)
        .orElseThrow(
            () -> new IllegalArgumentException("Not supported: " + type.asSummaryString()));
  }

  private static Optional<ArrowType> find(LogicalType type) {
    switch (type.getTypeRoot()) {
      case BOOLEAN:
        return Optional.of(
            new ArrowType("b", BooleanColumns.Writer::new, BooleanColumns.Reader::new));
      case TINYINT:
        return Optional.of(
            new ArrowType("c", NumberColumns.ByteWriter::new, NumberColumns.ByteReader::new));
      case SMALLINT:
        return Optional.of(
            new ArrowType("s", NumberColumns.ShortWriter::new, NumberColumns.ShortReader::new));
      case INTEGER:
        return Optional.of(
            new ArrowType("i", NumberColumns.IntWriter::new, NumberColumns.IntReader::new));
      case BIGINT:
        return Optional.of(
            new ArrowType("l", NumberColumns.LongWriter::new, NumberColumns.LongReader::new));
      case FLOAT:
        return Optional.of(
            new ArrowType("f", NumberColumns.FloatWriter::new, NumberColumns.FloatReader::new));
      case DOUBLE:
        return Optional.of(
            new ArrowType("g", NumberColumns.DoubleWriter::new, NumberColumns.DoubleReader::new));
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
            new ArrowType("tdD", TimeColumns.DateWriter::new, NumberColumns.IntReader::new));
      case TIME_WITHOUT_TIME_ZONE:
        return Optional.of(time(((TimeType) type).getPrecision()));
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        return Optional.of(timestamp(((TimestampType) type).getPrecision(), ""));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        return Optional.of(timestamp(((LocalZonedTimestampType) type).getPrecision(), "UTC"));
      default:
        return Optional.empty();
    }
  }

  private static ArrowType decimal(DecimalType type) {
    return new ArrowType(
        "d:" + type.getPrecision() + "," + type.getScale(),
        type.getPrecision(),
        NONE,
        column -> new DecimalColumns.Writer(column, type),
        column -> new DecimalColumns.Reader(column, type));
  }

  private static ArrowType text(int length) {
    return new ArrowType(
        "u",
        NONE,
        length == VarCharType.MAX_LENGTH ? NONE : length,
        VariableWidthColumns.TextWriter::new,
        VariableWidthColumns.TextReader::new);
  }

  private static ArrowType bytes(int length) {
    return new ArrowType(
        "z",
        NONE,
        length == VarBinaryType.MAX_LENGTH ? NONE : length,
        VariableWidthColumns.BytesWriter::new,
        VariableWidthColumns.BytesReader::new);
  }

  private static ArrowType time(int precision) {
    return new ArrowType(
        "ttm",
        precision,
        NONE,
        column -> new TimeColumns.TimeWriter(column, precision),
        NumberColumns.IntReader::new);
  }

  private static ArrowType timestamp(int precision, String zone) {
    return new ArrowType(
        Unit.of(precision).format + ":" + zone,
        precision,
        NONE,
        column -> new TimeColumns.TimestampWriter(column, precision),
        column -> new TimeColumns.TimestampReader(column, precision));
  }
}
