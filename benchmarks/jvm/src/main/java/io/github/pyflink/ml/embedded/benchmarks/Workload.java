// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;

/** Rows to predict with columns of one type; the correct result of a row is its first field. */
final class Workload {

  private static final int ROWS = 64;

  private final DataType type;
  private final int columns;
  private final Supplier<Object> fields;

  private Workload(DataType type, int columns, Supplier<Object> fields) {
    this.type = type;
    this.columns = columns;
    this.fields = fields;
  }

  /**
   * Returns a workload by its name, for example {@code double_32} or {@code string_4}: strings have
   * 10 to 20 ASCII letters.
   */
  static Workload of(String name) {
    String[] parts = name.split("_");
    int columns = Integer.parseInt(parts[1]);
    Random random = new Random(columns);
    switch (parts[0]) {
      case "double":
        return new Workload(DataTypes.DOUBLE(), columns, random::nextDouble);
      case "string":
        return new Workload(DataTypes.STRING(), columns, () -> letters(random));
      default:
        throw new IllegalArgumentException("workload " + name);
    }
  }

  private static StringData letters(Random random) {
    return StringData.fromString(
        random
            .ints(10 + random.nextInt(11), 'a', 'z' + 1)
            .mapToObj(Character::toString)
            .collect(Collectors.joining()));
  }

  /** Returns the rows as Flink passes them to a predict function. */
  RowData[] rowData() {
    return Stream.generate(
            () -> GenericRowData.of(Stream.generate(fields).limit(columns).toArray()))
        .limit(ROWS)
        .toArray(RowData[]::new);
  }

  /** Throws unless the results of a row are correct. */
  void checkResults(RowData row, Collection<RowData> results) {
    RowData right = GenericRowData.of(((GenericRowData) row).getField(0));
    if (!List.copyOf(results).equals(List.of(right))) {
      throw new IllegalStateException("the results of " + row + " are " + results);
    }
  }

  ResolvedSchema inputSchema() {
    return ResolvedSchema.of(
        IntStream.range(0, columns)
            .mapToObj(column -> Column.physical("x" + column, type))
            .collect(Collectors.toList()));
  }

  ResolvedSchema outputSchema() {
    return ResolvedSchema.of(Column.physical("y", type));
  }
}
