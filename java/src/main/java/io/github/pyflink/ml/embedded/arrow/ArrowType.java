package io.github.pyflink.ml.embedded.arrow;

import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.table.types.logical.LogicalType;

/** How a logical type crosses: its format in the Arrow C Data Interface, its writer, its reader. */
final class ArrowType {

  static final String LIST = "+l";
  static final String MAP = "+m";
  static final String STRUCT = "+s";

  /** Stands for a precision or a length that a type does not have. */
  static final int NONE = -1;

  final String format;

  /** The number of digits, for TIME and timestamps of the fraction; or NONE. */
  final int precision;

  /** The largest number of characters or bytes; or NONE. */
  final int length;

  /** The columns below a column of this type. */
  final List<Child> children;

  final Function<Column, ColumnWriter> writer;
  final Function<Column, ColumnReader> reader;

  private ArrowType(
      String format,
      int precision,
      int length,
      List<Child> children,
      Function<Column, ColumnWriter> writer,
      Function<Column, ColumnReader> reader) {
    this.format = format;
    this.precision = precision;
    this.length = length;
    this.children = children;
    this.writer = writer;
    this.reader = reader;
  }

  ArrowType(
      String format,
      int precision,
      int length,
      Function<Column, ColumnWriter> writer,
      Function<Column, ColumnReader> reader) {
    this(format, precision, length, Collections.emptyList(), writer, reader);
  }

  ArrowType(
      String format, Function<Column, ColumnWriter> writer, Function<Column, ColumnReader> reader) {
    this(format, NONE, NONE, writer, reader);
  }

  ArrowType(
      String format,
      List<Child> children,
      Function<Column, ColumnWriter> writer,
      Function<Column, ColumnReader> reader) {
    this(format, NONE, NONE, children, writer, reader);
  }

  /** Returns whether there may be columns below a column of this type. */
  boolean isNested() {
    return hasElements() || format.equals(STRUCT);
  }

  /** Returns whether a column of this type has any number of elements in each row. */
  boolean hasElements() {
    return format.equals(LIST) || isMap();
  }

  /** Returns whether a column of this type has entries of keys and values for elements. */
  boolean isMap() {
    return format.equals(MAP);
  }

  /** A column below another one. */
  static final class Child {

    final String name;
    final LogicalType type;

    /** What follows the name of the column above in messages. */
    private final String suffix;

    Child(String name, String suffix, LogicalType type) {
      this.name = name;
      this.suffix = suffix;
      this.type = type;
    }

    /** Returns the name for messages, below a column of that name or below none. */
    String path(String parent) {
      return parent.isEmpty() ? name : parent + suffix;
    }
  }
}
