// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.junit.jupiter.api.Test;

/** The table of types in docs/types.md agrees with the provider. */
class DocumentedTypesTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "types.md");

  /** A row of the table: groups are the Flink type and the Arrow format. */
  private static final Pattern ROW =
      Pattern.compile("\\| ([A-Z][^|]*) \\| [^|]* \\| `([^`]+)` \\|.*");

  /** Users of RecordBatch rely on the table in docs/types.md. */
  @Test
  void arrowFormatsAreTheDocumentedOnes() throws IOException {
    List<Matcher> rows =
        Files.readAllLines(DOCUMENT).stream()
            .map(ROW::matcher)
            .filter(Matcher::matches)
            .collect(Collectors.toList());

    assertThat(rows).hasSize(26);
    for (Matcher row : rows) {
      assertThat(format(row.group(1))).as(row.group(1)).isEqualTo(row.group(2));
    }
  }

  /** A new type must be added to the table. */
  @Test
  void everySupportedTypeIsDocumented() throws IOException {
    String document = Files.readString(DOCUMENT);

    for (String type : ArrowTypes.SUPPORTED.split(", ")) {
      assertThat(document).containsPattern("\n\\| " + type + "[ (<]");
    }
  }

  private static String format(String sqlType) {
    LogicalType type = LogicalTypeParser.parse(sqlType, DocumentedTypesTest.class.getClassLoader());
    JsonNode column = ArrowTypes.toJson(RowType.of(type)).get(0);
    return column.get("arrow").asText();
  }
}
