// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinarySection;
import org.apache.flink.table.data.binary.BinaryStringData;

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

    @Override
    final long bytesBeyondArena(int rows) {
      return start(rows);
    }

    final void writeBytes(int row, byte[] bytes) {
      append(row, bytes.length).put(bytes);
    }

    /** Adds bytes to a row, and returns the data buffer, positioned where they begin. */
    final ByteBuffer append(int row, int length) {
      int end = end(row, length, "bytes");
      if (end > data.capacity()) {
        data = column.columns.grow(column.index, end);
      }
      return data.position(end - length);
    }
  }

  static final class TextWriter extends Writer {

    TextWriter(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof BinaryStringData)) {
        throw wrongClass(value);
      }
      BinaryStringData text = (BinaryStringData) value;
      BinarySection utf8 = text.getBinarySection();
      if (utf8 == null) {
        // Faster than Flink's encoder, which replaces lone surrogates in the same way.
        writeBytes(row, text.getJavaObject().getBytes(StandardCharsets.UTF_8));
      } else if (utf8.getSegments().length == 1) {
        BinaryMemory.copy(utf8, 0, utf8.getSizeInBytes(), append(row, utf8.getSizeInBytes()));
      } else {
        writeBytes(row, text.toBytes());
      }
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
