// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** One column: its name, type and place in memory, and its child columns. */
final class Column {

  /** The path from the top-level column, as in {@code person.tags[]}. */
  final String name;

  final LogicalType type;

  /**
   * The type of the values in the table, which Flink can cast implicitly to the column's type. For
   * the entries of a MAP or MULTISET, the type of the MAP or MULTISET in the table.
   */
  final LogicalType source;

  /** The columns that this one is part of. */
  final Columns columns;

  /** The position among {@link #columns}. */
  final int index;

  /** The elements of an ARRAY, the entries of a MAP or MULTISET, or the fields of a ROW. */
  final List<Column> children;

  /** The position of the first column after this one and its children. */
  private final int next;

  private final ArrowType arrow;

  private Column(String name, LogicalType type, LogicalType source, Columns columns, int index) {
    this.name = name;
    this.type = type;
    this.source = source.is(LogicalTypeRoot.NULL) ? type : source;
    this.columns = columns;
    this.index = index;
    this.arrow = ArrowTypes.of(type);
    Optional<Columns> elements = columns.elements(index);
    this.children =
        elements.map(e -> childrenIn(e, 0)).orElseGet(() -> childrenIn(columns, index + 1));
    this.next =
        elements.isPresent() || children.isEmpty()
            ? index + 1
            : children.get(children.size() - 1).next;
  }

  /** Returns the columns of a row type, for values that have the source type. */
  static List<Column> of(Columns columns, RowType type, RowType source) {
    return of(columns, 0, "", ArrowTypes.of(type).children, source.getChildren());
  }

  ColumnWriter writer() {
    return arrow.writer.apply(this);
  }

  ColumnReader reader() {
    return arrow.reader.apply(this);
  }

  private List<Column> childrenIn(Columns place, int first) {
    List<LogicalType> sources = arrow.isMap() ? List.of(source) : source.getChildren();
    return of(place, first, name, arrow.children, sources);
  }

  private static List<Column> of(
      Columns columns,
      int first,
      String parent,
      List<ArrowType.Child> children,
      List<LogicalType> sources) {
    List<Column> list = new ArrayList<>(children.size());
    int index = first;
    for (int i = 0; i < children.size(); i++) {
      ArrowType.Child child = children.get(i);
      // A MULTISET in the table has one child type; the count has the model's type.
      LogicalType source = i < sources.size() ? sources.get(i) : child.type;
      Column column = new Column(child.path(parent), child.type, source, columns, index);
      list.add(column);
      index = column.next;
    }
    return list;
  }
}
