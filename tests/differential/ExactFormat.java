// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;

/**
 * A text format that preserves every value of every type, unlike Flink's: 'format' = 'exact'.
 *
 * <p>A line is a row as JSON. NULL is null, ROW and ARRAY are arrays, MAP is an array of pairs of
 * key and value, MULTISET one of pairs of element and count. All other values are strings: FLOAT
 * and DOUBLE are their bits in hexadecimal, bytes are base64, times have all fractional digits.
 */
public final class ExactFormat implements DeserializationFormatFactory, SerializationFormatFactory {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  @Override
  public String factoryIdentifier() {
    return "exact";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    return new DecodingFormat<>() {
      @Override
      public DeserializationSchema<RowData> createRuntimeDecoder(
          DynamicTableSource.Context context, DataType type) {
        return new Reader(type.getLogicalType(), context.createTypeInformation(type));
      }

      @Override
      public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
      }
    };
  }

  @Override
  public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
      DynamicTableFactory.Context context, ReadableConfig options) {
    return new EncodingFormat<>() {
      @Override
      public SerializationSchema<RowData> createRuntimeEncoder(
          DynamicTableSink.Context context, DataType type) {
        LogicalType rowType = type.getLogicalType();
        return row -> write(rowType, row).toString().getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
      }
    };
  }

  private static final class Reader implements DeserializationSchema<RowData> {

    private final LogicalType type;
    private final TypeInformation<RowData> information;

    Reader(LogicalType type, TypeInformation<RowData> information) {
      this.type = type;
      this.information = information;
    }

    @Override
    public RowData deserialize(byte[] line) throws IOException {
      return (RowData) read(type, MAPPER.readTree(line));
    }

    @Override
    public boolean isEndOfStream(RowData row) {
      return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
      return information;
    }
  }

  private static Object read(LogicalType type, JsonNode node) {
    if (node.isNull()) {
      return null;
    }
    switch (type.getTypeRoot()) {
      case ROW:
        List<LogicalType> fields = type.getChildren();
        GenericRowData row = new GenericRowData(fields.size());
        for (int field = 0; field < fields.size(); field++) {
          row.setField(field, read(fields.get(field), node.get(field)));
        }
        return row;
      case ARRAY:
        Object[] elements = new Object[node.size()];
        for (int index = 0; index < elements.length; index++) {
          elements[index] = read(((ArrayType) type).getElementType(), node.get(index));
        }
        return new GenericArrayData(elements);
      case MAP:
      case MULTISET:
        Map<Object, Object> entries = new HashMap<>();
        for (JsonNode entry : node) {
          entries.put(read(keyType(type), entry.get(0)), read(valueType(type), entry.get(1)));
        }
        return new GenericMapData(entries);
      default:
        return readText(type, node.textValue());
    }
  }

  private static Object readText(LogicalType type, String text) {
    switch (type.getTypeRoot()) {
      case BOOLEAN:
        return Boolean.valueOf(text);
      case TINYINT:
        return Byte.valueOf(text);
      case SMALLINT:
        return Short.valueOf(text);
      case INTEGER:
        return Integer.valueOf(text);
      case BIGINT:
        return Long.valueOf(text);
      case FLOAT:
        return Float.intBitsToFloat(Integer.parseUnsignedInt(text, 16));
      case DOUBLE:
        return Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
      case DECIMAL:
        DecimalType decimal = (DecimalType) type;
        return DecimalData.fromBigDecimal(
            new BigDecimal(text), decimal.getPrecision(), decimal.getScale());
      case CHAR:
      case VARCHAR:
        return StringData.fromString(text);
      case BINARY:
      case VARBINARY:
        return Base64.getDecoder().decode(text);
      case DATE:
        return (int) LocalDate.parse(text).toEpochDay();
      case TIME_WITHOUT_TIME_ZONE:
        return LocalTime.parse(text).get(ChronoField.MILLI_OF_DAY);
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        return TimestampData.fromLocalDateTime(LocalDateTime.parse(text));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        return TimestampData.fromInstant(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
      default:
        throw new IllegalArgumentException(type.asSummaryString());
    }
  }

  private static JsonNode write(LogicalType type, Object value) {
    if (value == null) {
      return NODES.nullNode();
    }
    switch (type.getTypeRoot()) {
      case ROW:
        List<LogicalType> fields = type.getChildren();
        ArrayNode row = NODES.arrayNode(fields.size());
        for (int field = 0; field < fields.size(); field++) {
          RowData.FieldGetter getter = RowData.createFieldGetter(fields.get(field), field);
          row.add(write(fields.get(field), getter.getFieldOrNull((RowData) value)));
        }
        return row;
      case ARRAY:
        return writeArray(((ArrayType) type).getElementType(), (ArrayData) value);
      case MAP:
      case MULTISET:
        JsonNode keys = writeArray(keyType(type), ((MapData) value).keyArray());
        JsonNode values = writeArray(valueType(type), ((MapData) value).valueArray());
        ArrayNode entries = NODES.arrayNode(keys.size());
        for (int index = 0; index < keys.size(); index++) {
          entries.addArray().add(keys.get(index)).add(values.get(index));
        }
        return entries;
      default:
        return NODES.textNode(writeText(type, value));
    }
  }

  private static ArrayNode writeArray(LogicalType elementType, ArrayData array) {
    ArrayData.ElementGetter getter = ArrayData.createElementGetter(elementType);
    ArrayNode elements = NODES.arrayNode(array.size());
    for (int index = 0; index < array.size(); index++) {
      elements.add(write(elementType, getter.getElementOrNull(array, index)));
    }
    return elements;
  }

  private static String writeText(LogicalType type, Object value) {
    switch (type.getTypeRoot()) {
      case FLOAT:
        return Integer.toHexString(Float.floatToIntBits((Float) value));
      case DOUBLE:
        return Long.toHexString(Double.doubleToLongBits((Double) value));
      case DECIMAL:
        return ((DecimalData) value).toBigDecimal().toPlainString();
      case BINARY:
      case VARBINARY:
        return Base64.getEncoder().encodeToString((byte[]) value);
      case DATE:
        return LocalDate.ofEpochDay((Integer) value).toString();
      case TIME_WITHOUT_TIME_ZONE:
        return withAllDigits(LocalTime.ofNanoOfDay((Integer) value * 1_000_000L));
      case TIMESTAMP_WITHOUT_TIME_ZONE:
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        LocalDateTime time = ((TimestampData) value).toLocalDateTime();
        return time.toLocalDate() + "T" + withAllDigits(time.toLocalTime());
      default:
        return value.toString();
    }
  }

  private static LogicalType keyType(LogicalType type) {
    return type instanceof MapType
        ? ((MapType) type).getKeyType()
        : ((MultisetType) type).getElementType();
  }

  private static LogicalType valueType(LogicalType type) {
    return type instanceof MapType ? ((MapType) type).getValueType() : new IntType(false);
  }

  private static String withAllDigits(LocalTime time) {
    return String.format(
        "%02d:%02d:%02d.%09d",
        time.getHour(), time.getMinute(), time.getSecond(), time.getNano());
  }
}
