// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** ROW: a validity bitmap; its fields' columns have a row for a null ROW too. */
final class RowCodec {

  private RowCodec() {}

  static final class Writer extends ColumnWriter {

    private final ColumnWriter[] fields;
    private final RowData.FieldGetter[] getters;

    Writer(Column column) {
      super(column);
      this.fields = column.children.stream().map(Column::writer).toArray(ColumnWriter[]::new);
      this.getters = new RowData.FieldGetter[fields.length];
      for (int i = 0; i < fields.length; i++) {
        getters[i] = RowData.createFieldGetter(column.children.get(i).source, i);
      }
    }

    @Override
    void refresh() {
      super.refresh();
      for (ColumnWriter field : fields) {
        field.refresh();
      }
    }

    @Override
    void writeValue(int row, Object value) {
      if (value instanceof GenericRowData) {
        GenericRowData data = (GenericRowData) value;
        for (int i = 0; i < fields.length; i++) {
          fields[i].write(row, data.getField(i));
        }
      } else if (value instanceof RowData) {
        RowData data = (RowData) value;
        for (int i = 0; i < fields.length; i++) {
          fields[i].write(row, getters[i].getFieldOrNull(data));
        }
      } else {
        throw wrongClass(value);
      }
    }

    @Override
    long bytesBeyondArena(int rows) {
      long bytes = 0;
      for (ColumnWriter field : fields) {
        bytes += field.bytesBeyondArena(rows);
      }
      return bytes;
    }

    @Override
    void writeNull(int row) {
      for (ColumnWriter field : fields) {
        field.skip(row);
      }
    }
  }

  static final class Reader extends ColumnReader {

    private final ColumnReader[] fields;

    Reader(Column column) {
      super(column);
      this.fields = column.children.stream().map(Column::reader).toArray(ColumnReader[]::new);
    }

    @Override
    void refresh() {
      super.refresh();
      for (ColumnReader field : fields) {
        field.refresh();
      }
    }

    @Override
    Object readValue(int row) {
      GenericRowData data = new GenericRowData(fields.length);
      for (int i = 0; i < fields.length; i++) {
        data.setField(i, fields[i].read(row));
      }
      return data;
    }
  }
}
