// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.lang.reflect.Array;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.annotation.Nullable;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.utils.LogicalTypeUtils;

/** ARRAY, MAP and MULTISET: int32 offsets into the columns of the elements. */
final class ListCodec {

  private ListCodec() {}

  abstract static class Writer extends OffsetWriter {

    private final Columns elements;

    Writer(Column column) {
      super(column);
      this.elements = column.children.get(0).columns;
    }

    @Override
    final void refresh() {
      super.refresh();
      elements.refresh();
      refreshElements();
    }

    abstract void refreshElements();

    /** Appends {@code count} elements to a row and returns the position of the first. */
    final int append(int row, int count) {
      int end = end(row, count, "elements");
      if (!elements.holds(end)) {
        elements.reserve(end);
        refreshElements();
      }
      return end - count;
    }
  }

  static final class ArrayWriter extends Writer {

    private final ElementsWriter items;

    ArrayWriter(Column column) {
      super(column);
      this.items = new ElementsWriter(column.children.get(0));
    }

    @Override
    void refreshElements() {
      items.refresh();
    }

    @Override
    long bytesBeyondArena(int rows) {
      return items.bytes(start(rows));
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof ArrayData)) {
        throw wrongClass(value);
      }
      ArrayData array = (ArrayData) value;
      items.write(append(row, array.size()), array);
    }
  }

  static final class MapWriter extends Writer {

    private final ElementsWriter mapKeys;
    private final ElementsWriter mapValues;

    MapWriter(Column column) {
      super(column);
      Column entries = column.children.get(0);
      this.mapKeys = new ElementsWriter(entries.children.get(0));
      this.mapValues = new ElementsWriter(entries.children.get(1));
    }

    @Override
    void refreshElements() {
      mapKeys.refresh();
      mapValues.refresh();
    }

    @Override
    long bytesBeyondArena(int rows) {
      int entries = start(rows);
      return mapKeys.bytes(entries) + mapValues.bytes(entries);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof MapData)) {
        throw wrongClass(value);
      }
      MapData map = (MapData) value;
      int start = append(row, map.size());
      mapKeys.write(start, map.keyArray());
      mapValues.write(start, map.valueArray());
    }
  }

  abstract static class Reader extends ColumnReader {

    private final Columns elements;

    Reader(Column column) {
      super(column);
      this.elements = column.children.get(0).columns;
    }

    @Override
    final void refresh() {
      super.refresh();
      elements.refresh();
      refreshElements();
    }

    abstract void refreshElements();

    @Override
    final Object readValue(int row) {
      return readElements(
          arena.getInt(values + (row << 2)), arena.getInt(values + ((row + 1) << 2)));
    }

    /** Reads the elements from row {@code start} to before {@code end}. */
    abstract Object readElements(int start, int end);
  }

  static final class ArrayReader extends Reader {

    private final ColumnReader items;

    /** The item reader if it can copy whole arrays; Flink wants objects for DATE and TIME. */
    @Nullable private final PrimitiveReader primitives;

    /** The class of the array's elements; Flink passes such arrays to users without a copy. */
    private final Class<?> itemClass;

    ArrayReader(Column column) {
      super(column);
      Column item = column.children.get(0);
      this.items = item.reader();
      this.primitives =
          items instanceof PrimitiveReader && !item.type.is(LogicalTypeFamily.DATETIME)
              ? (PrimitiveReader) items
              : null;
      this.itemClass = LogicalTypeUtils.toInternalConversionClass(item.type);
    }

    @Override
    void refreshElements() {
      items.refresh();
    }

    @Override
    Object readElements(int start, int end) {
      int count = end - start;
      if (primitives != null && primitives.isValid(start, end)) {
        return primitives.copy(start, count);
      }
      Object[] array = (Object[]) Array.newInstance(itemClass, count);
      for (int i = 0; i < count; i++) {
        array[i] = items.read(start + i);
      }
      return new GenericArrayData(array);
    }
  }

  static final class MapReader extends Reader {

    private final ColumnReader mapKeys;
    private final ColumnReader mapValues;

    MapReader(Column column) {
      super(column);
      Column entries = column.children.get(0);
      this.mapKeys = entries.children.get(0).reader();
      this.mapValues = entries.children.get(1).reader();
    }

    @Override
    void refreshElements() {
      mapKeys.refresh();
      mapValues.refresh();
    }

    @Override
    Object readElements(int start, int end) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int row = start; row < end; row++) {
        map.put(mapKeys.read(row), mapValues.read(row));
      }
      return new GenericMapData(map);
    }
  }
}
