// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.table.types.logical.LogicalType;

/** How a logical type is exchanged with Python: its Arrow format string, its writer and reader. */
final class ArrowType {

  static final String LIST = "+l";
  static final String MAP = "+m";
  static final String STRUCT = "+s";

  /** The precision or length of a type that has none. */
  static final int NONE = -1;

  final String format;

  /** The number of digits (of the fraction, for TIME and timestamps), or NONE. */
  final int precision;

  /** The maximum number of characters or bytes, or NONE. */
  final int length;

  /** The child columns of a column of this type. */
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

  /** Returns whether a column of this type may have child columns. */
  boolean isNested() {
    return hasElements() || format.equals(STRUCT);
  }

  /** Returns whether each row of a column of this type holds a list of elements. */
  boolean hasElements() {
    return format.equals(LIST) || isMap();
  }

  /** Returns whether the elements are entries of a key and a value. */
  boolean isMap() {
    return format.equals(MAP);
  }

  /** Returns whether a row of a column of this type may take memory outside of the arena. */
  boolean exceedsArena() {
    return format.equals("u")
        || format.equals("z")
        || hasElements()
        || children.stream().anyMatch(field -> ArrowTypes.of(field.type).exceedsArena());
  }

  /**
   * Returns how many bits each row of a column of this type takes in the arena: its validity and
   * its value, or the offset of its data or elements, with those of the fields of a ROW.
   */
  int bits() {
    int bits = 1;
    switch (format.charAt(0)) {
      case 'b':
        return bits + 1;
      case 'c':
        return bits + Byte.SIZE;
      case 's':
        return bits + Short.SIZE;
      case 'l':
      case 'g':
        return bits + Long.SIZE;
      case 'd':
        return bits + 2 * Long.SIZE;
      case 't': // a DATE is "tdD", a TIME "ttm", and a TIMESTAMP begins with "ts"
        return bits + (format.startsWith("ts") ? Long.SIZE : Integer.SIZE);
      default:
        break;
    }
    if (!format.equals(STRUCT)) {
      return bits + Integer.SIZE; // INT, FLOAT, and offsets
    }
    for (Child field : children) {
      bits += ArrowTypes.of(field.type).bits();
    }
    return bits;
  }

  /** A child column. */
  static final class Child {

    final String name;
    final LogicalType type;

    /** Follows the path of the parent column in messages. */
    private final String suffix;

    Child(String name, String suffix, LogicalType type) {
      this.name = name;
      this.suffix = suffix;
      this.type = type;
    }

    /** Returns the path for messages; {@code parent} is empty for a top-level column. */
    String path(String parent) {
      return parent.isEmpty() ? name : parent + suffix;
    }
  }
}
