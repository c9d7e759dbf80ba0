package io.github.pyflink.ml.embedded.arrow;

/** BOOLEAN: a bitmap. */
final class BooleanColumns {

  private BooleanColumns() {}

  static final class Writer extends ColumnWriter {

    Writer(Column column) {
      super(column);
    }

    @Override
    void writeValue(int row, Object value) {
      if (!(value instanceof Boolean)) {
        throw wrongClass(value);
      }
      Bitmap.set(arena, values, row, (Boolean) value);
    }
  }

  static final class Reader extends ColumnReader {

    Reader(Column column) {
      super(column);
    }

    @Override
    Object readValue(int row) {
      return Bitmap.get(arena, values, row);
    }
  }
}
