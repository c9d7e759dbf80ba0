// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonRowDataDeserializationSchema;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Reads rows that are JSON objects in Flink's format, with SQL timestamps. Every column must be
 * present. Not thread-safe.
 */
final class JsonRows {

  private final RowType type;
  private final JsonRowDataDeserializationSchema parser;

  JsonRows(RowType type) {
    this.type = type;
    parser =
        new JsonRowDataDeserializationSchema(
            type, TypeInformation.of(RowData.class), true, false, TimestampFormat.SQL);
    try {
      parser.open(null); // needs no context
    } catch (Exception e) {
      throw new IllegalStateException("Flink's JSON parser cannot be opened", e);
    }
  }

  /**
   * Returns the row of each line.
   *
   * @throws IllegalArgumentException if a line is not a row of the type; the message contains no
   *     data
   */
  List<RowData> parse(List<String> lines) {
    List<RowData> rows = new ArrayList<>(lines.size());
    ListCollector<RowData> collector = new ListCollector<>(rows);
    for (int line = 0; line < lines.size(); line++) {
      try {
        parser.deserialize(lines.get(line).getBytes(StandardCharsets.UTF_8), collector);
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "line " + (line + 1) + " is not " + type.asSummaryString(), e.getCause());
      }
    }
    return rows;
  }

  static RowType type(ResolvedSchema schema) {
    return (RowType) schema.toPhysicalRowDataType().getLogicalType();
  }

  /**
   * Returns the rows of a JSON Lines file.
   *
   * @throws IllegalArgumentException if the file cannot be read, a line is not a row of the type,
   *     or the file is empty
   */
  static RowData[] read(Path file, RowType type) {
    List<RowData> rows;
    try {
      rows = new JsonRows(type).parse(Files.readAllLines(file));
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(file + " cannot be read", e);
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException(file + " has no rows");
    }
    return rows.toArray(RowData[]::new);
  }
}
