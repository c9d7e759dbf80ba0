package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Rows to predict, with columns of one type; the right result of a row is its first field. */
final class Workload {

  private static final int ROWS = 64;

  private final FieldType type;
  private final Object[][] rows;

  Workload(FieldType type, int columns) {
    this.type = type;
    this.rows = new Object[ROWS][columns];
    Random random = new Random(columns);
    for (Object[] row : rows) {
      for (int column = 0; column < columns; column++) {
        row[column] = type.random(random);
      }
    }
  }

  /** For example {@code double_32}; also a Python identifier. */
  String name() {
    return type.name().toLowerCase(Locale.ROOT) + "_" + rows[0].length;
  }

  FieldType type() {
    return type;
  }

  /** The fields of all rows, as {@link Double} or {@link String}. */
  Object[][] values() {
    return rows;
  }

  /** The rows as Flink passes them to a predict function. */
  RowData[] rowData() {
    RowData[] data = new RowData[rows.length];
    for (int row = 0; row < rows.length; row++) {
      GenericRowData fields = new GenericRowData(rows[row].length);
      for (int column = 0; column < rows[row].length; column++) {
        fields.setField(column, type.toInternal(rows[row][column]));
      }
      data[row] = fields;
    }
    return data;
  }

  List<Object> rightResults() {
    return IntStream.range(0, rows.length)
        .mapToObj(row -> rows[row][0])
        .collect(Collectors.toList());
  }

  ResolvedSchema inputSchema() {
    return ResolvedSchema.of(
        IntStream.range(0, rows[0].length)
            .mapToObj(column -> Column.physical("x" + column, type.dataType))
            .collect(Collectors.toList()));
  }

  ResolvedSchema outputSchema() {
    return ResolvedSchema.of(Column.physical("y", type.dataType));
  }
}
