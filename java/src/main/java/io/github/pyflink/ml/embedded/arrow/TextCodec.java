// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.StringData;

/** CHAR and VARCHAR as UTF-8, BINARY and VARBINARY: int32 offsets into a data buffer. */
final class TextCodec {

  private TextCodec() {}

  abstract static class Writer extends OffsetWriter {

    private ByteBuffer data;

    Writer(Column column) {
      super(column);
    }

    @Override
    final void refresh() {
      super.refresh();
      data = column.columns.data(column.index);
    }

    final void writeBytes(int row, byte[] bytes) {
      int end = end(row, bytes.length, "bytes");
      if (end > data.capacity()) {
        data = column.columns.grow(column.index, end);
      }
      data.position(end - bytes.length);
      data.put(bytes);
    }
  }

  static final class TextWriter extends Writer {

    TextWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof StringData)) {
        throw wrongClass(value);
      }
      writeBytes(row, ((StringData) value).toBytes());
    }
  }

  static final class BytesWriter extends Writer {

    BytesWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof byte[])) {
        throw wrongClass(value);
      }
      writeBytes(row, (byte[]) value);
    }
  }

  abstract static class Reader extends ColumnReader {

    private ByteBuffer data;

    Reader(Column column) {
      super(column);
    }

    @Override
    final void refresh() {
      super.refresh();
      data = column.columns.data(column.index);
    }

    final byte[] readBytes(int row) {
      int start = arena.getInt(values + (row << 2));
      int end = arena.getInt(values + ((row + 1) << 2));
      byte[] bytes = new byte[end - start];
      data.position(start);
      data.get(bytes);
      return bytes;
    }
  }

  static final class TextReader extends Reader {

    TextReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return StringData.fromBytes(readBytes(row));
    }
  }

  static final class BytesReader extends Reader {

    BytesReader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return readBytes(row);
    }
  }
}
