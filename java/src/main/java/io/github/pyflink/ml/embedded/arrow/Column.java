package io.github.pyflink.ml.embedded.arrow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** One column: its name, its type, where it lies, and the columns below it. */
final class Column {

  /** The name with those of the columns around it, as in {@code person.tags[]}. */
  final String name;

  final LogicalType type;

  /**
   * The type that the values have in the table, from which there is an implicit cast to the
   * column's; for the entries of a MAP or MULTISET that type itself.
   */
  final LogicalType source;

  final Domain domain;

  /** The number of the column in its domain. */
  final int index;

  /** The elements of an ARRAY, the entries of a MAP or MULTISET, or the fields of a ROW. */
  final List<Column> children;

  /** The number of the first column in the domain that is neither this one nor below it. */
  private final int next;

  private final ArrowType arrow;

  private Column(String name, LogicalType type, LogicalType source, Domain domain, int index) {
    this.name = name;
    this.type = type;
    this.source = source.is(LogicalTypeRoot.NULL) ? type : source;
    this.domain = domain;
    this.index = index;
    this.arrow = ArrowTypes.of(type);
    Optional<Domain> elements = domain.elements(index);
    this.children = elements.map(e -> below(e, 0)).orElseGet(() -> below(domain, index + 1));
    this.next =
        elements.isPresent() || children.isEmpty()
            ? index + 1
            : children.get(children.size() - 1).next;
  }

  /** Returns the columns of rows that come as rows of the source type. */
  static List<Column> of(Domain domain, RowType type, RowType source) {
    return of(domain, 0, "", ArrowTypes.of(type).children, source.getChildren());
  }

  ColumnWriter writer() {
    return arrow.writer.apply(this);
  }

  ColumnReader reader() {
    return arrow.reader.apply(this);
  }

  private List<Column> below(Domain below, int first) {
    List<LogicalType> sources = arrow.isMap() ? List.of(source) : source.getChildren();
    return of(below, first, name, arrow.children, sources);
  }

  private static List<Column> of(
      Domain domain,
      int first,
      String parent,
      List<ArrowType.Child> children,
      List<LogicalType> sources) {
    List<Column> columns = new ArrayList<>(children.size());
    int index = first;
    for (int i = 0; i < children.size(); i++) {
      ArrowType.Child child = children.get(i);
      // A MULTISET has one child, and its count has the model's type.
      LogicalType source = i < sources.size() ? sources.get(i) : child.type;
      Column column = new Column(child.path(parent), child.type, source, domain, index);
      columns.add(column);
      index = column.next;
    }
    return columns;
  }
}
