// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ModelDescriptor;
import org.apache.flink.table.api.Schema;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row that fails is kept beside its error. Of the rows 1 to 5, the even ones fail. */
@NeedsPython
@Timeout(180)
class ErrorColumnsTest {

  private static final String MODEL = "model 'default_catalog.default_database.scores'";
  private static final String QUERY =
      "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL scores, DESCRIPTOR(id))";

  @TempDir Path directory;

  /** Downstream SQL decides then, and the columns may be anywhere in OUTPUT. */
  @ParameterizedTest
  @CsvSource({
    "1, thread, ''",
    "1, process, ''",
    "4, thread, ''",
    "4, process, ''",
    "1, thread, ignore",
    "1, thread, retry"
  })
  void failedRowHasItsErrorAndOthersHaveNull(String batchSize, String mode, String strategy) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "batch-size",
                batchSize,
                "execution-mode",
                mode,
                "error-column",
                "error",
                "error-class-column",
                "kind"));
    if (!strategy.isEmpty()) {
      options.addAll(List.of("error-handling-strategy", strategy));
    }
    if (strategy.equals("retry")) {
      options.addAll(List.of("retry-num", "1", "retry-initial-backoff", "10 ms"));
    }
    List<Row> rows =
        session("error STRING, y BIGINT, kind STRING", options.toArray(new String[0])).query(QUERY);

    assertThat(rows).hasSize(5);
    for (Row row : rows) {
      long id = row.<Long>getFieldAs("id");
      if (id % 2 == 1) {
        assertThat(row).isEqualTo(Row.of(id, null, id, null));
      } else {
        assertThat(row.getField("y")).isNull();
        assertThat(row.getField("kind")).isEqualTo("ValueError");
        assertThat(row.<String>getFieldAs("error"))
            .startsWith(MODEL + ", row " + id + ": predict failed with ValueError")
            .contains("errors.py\", line ");
      }
    }
  }

  /** A field that does not fit is the row's error too. */
  @Test
  void defaultsAndErrorsGoTogether() {
    List<Row> rows =
        session(
                "y BIGINT NOT NULL, error STRING",
                "error-column",
                "error",
                "error-handling-strategy",
                "default",
                "default-value",
                "-1")
            .query("SELECT id, y, error IS NOT NULL FROM (" + QUERY + ")");

    assertThat(rows)
        .containsExactly(
            Row.of(1L, 1L, false),
            Row.of(2L, -1L, true),
            Row.of(3L, 3L, false),
            Row.of(4L, -1L, true),
            Row.of(5L, 5L, false));
  }

  /** The results go on while the errors are kept for later, in one job. */
  @Test
  void deadLetterTableIsOneStatementSet() throws Exception {
    SqlSession session =
        session("y BIGINT, error STRING", "error-column", "error", "batch-size", "4")
            .execute(sink("scored", "id BIGINT, y BIGINT"))
            .execute(sink("dead_letters", "id BIGINT, error STRING"))
            .execute("CREATE VIEW predicted AS " + QUERY);

    session
        .submit(
            "EXECUTE STATEMENT SET BEGIN"
                + " INSERT INTO scored SELECT id, y FROM predicted WHERE error IS NULL;"
                + " INSERT INTO dead_letters SELECT id, SUBSTRING(error, 1, 66) FROM predicted"
                + " WHERE error IS NOT NULL;"
                + " END")
        .await();

    assertThat(lines("scored")).containsExactly("1,1", "3,3", "5,5");
    assertThat(lines("dead_letters")).hasSize(2).allMatch(line -> line.contains(MODEL + ", row "));
  }

  /** Models of the Table API name the columns as Flink's own providers do. */
  @ParameterizedTest
  @CsvSource({"1, thread", "4, thread", "4, process"})
  void metadataColumnsGetTheError(String batchSize, String mode) {
    ModelDescriptor model =
        ModelDescriptor.forProvider("generic-python")
            .inputSchema(Schema.newBuilder().column("id", DataTypes.BIGINT()).build())
            .outputSchema(
                Schema.newBuilder()
                    .columnByMetadata("error-string", DataTypes.STRING())
                    .column("y", DataTypes.BIGINT())
                    .columnByMetadata("number", DataTypes.BIGINT(), "row-number")
                    .columnByMetadata("error-class", DataTypes.STRING())
                    .build())
            .option("model-directory-path", Python.MODELS.toString())
            .option("python-predict-class", "errors.Echo")
            .option("batch-size", batchSize)
            .option("execution-mode", mode)
            .build();

    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "id BIGINT", "1", "2", "3", "4", "5")
            .model("scores", model)
            .query(QUERY);

    assertThat(rows).hasSize(5);
    assertThat(rows.get(0)).isEqualTo(Row.of(1L, null, 1L, null, null));
    assertThat(rows.get(1).<String>getFieldAs("error-string"))
        .startsWith(MODEL + ", row 2: predict failed with ValueError");
    assertThat(rows.get(1).getField("y")).isNull();
    assertThat(rows.get(1).getField("number")).isEqualTo(2L);
    assertThat(rows.get(1).getField("error-class")).isEqualTo("ValueError");
  }

  private static SqlSession session(String output, String... options) {
    return new SqlSession()
        .csvTable("input_rows", "id BIGINT", "1", "2", "3", "4", "5")
        .model("scores", "id BIGINT", output, "errors.Echo", options);
  }

  private String sink(String name, String columns) {
    return String.format(
        "CREATE TABLE %s (%s) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'csv')",
        name, columns, directory.resolve(name).toUri());
  }

  private List<String> lines(String name) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory.resolve(name))) {
      for (Path file : files.collect(Collectors.toList())) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    lines.sort(null);
    return lines;
  }
}
