package io.github.pyflink.ml.embedded.arrow;

import java.util.function.Function;

/** How a logical type crosses: its format in the Arrow C Data Interface, its writer, its reader. */
final class ArrowType {

  /** Stands for a precision or a length that a type does not have. */
  static final int NONE = -1;

  final String format;

  /** The number of digits, for TIME and timestamps of the fraction; or NONE. */
  final int precision;

  /** The largest number of characters or bytes; or NONE. */
  final int length;

  final Function<Column, ColumnWriter> writer;
  final Function<Column, ColumnReader> reader;

  ArrowType(
      String format,
      int precision,
      int length,
      Function<Column, ColumnWriter> writer,
      Function<Column, ColumnReader> reader) {
    this.format = format;
    this.precision = precision;
    this.length = length;
    this.writer = writer;
    this.reader = reader;
  }

  ArrowType(
      String format, Function<Column, ColumnWriter> writer, Function<Column, ColumnReader> reader) {
    this(format, NONE, NONE, writer, reader);
  }
}
