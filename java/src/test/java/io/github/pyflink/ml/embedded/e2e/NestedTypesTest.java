// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ARRAY, MAP, MULTISET and ROW are list, dict and Row in Python, and come back unchanged. */
@NeedsPython
class NestedTypesTest {

  /** Values of SQL constructors arrive in Flink's binary form. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "ARRAY<INT> | ARRAY[1, CAST(NULL AS INT), -3] | list | [1, None, -3]",
        "ARRAY<STRING> | ARRAY['', 'grüße'] | list | ['', 'grüße']",
        "ARRAY<ARRAY<DOUBLE>> | ARRAY[ARRAY[CAST(0.5 AS DOUBLE)], ARRAY[CAST(1 AS DOUBLE), 2]]"
            + " | list | [[0.5], [1.0, 2.0]]",
        "ARRAY<DECIMAL(20, 2)> | ARRAY[CAST(1.25 AS DECIMAL(20, 2))] | list | [Decimal('1.25')]",
        "ARRAY<TIMESTAMP(6)> | ARRAY[TIMESTAMP '1969-12-31 23:59:59.999999'] | list"
            + " | [datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)]",
        "ARRAY<DATE> | ARRAY[DATE '2024-02-29'] | list | [datetime.date(2024, 2, 29)]",
        "ARRAY<TIME> | ARRAY[TIME '12:00:00'] | list | [datetime.time(12, 0)]",
        "MAP<STRING, INT> | MAP['a', 1, 'b', CAST(NULL AS INT)] | dict | {'a': 1, 'b': None}",
        "MAP<INT, ARRAY<BOOLEAN>> | MAP[7, ARRAY[TRUE, FALSE]] | dict | {7: [True, False]}",
        "ROW<a INT, b ROW<c STRING, d ARRAY<INT>>>"
            + " | CAST(ROW(1, ROW('x', ARRAY[2])) AS ROW<a INT, b ROW<c STRING, d ARRAY<INT>>>)"
            + " | Row | Row(a=1, b=Row(c='x', d=[2]))",
        "ARRAY<ROW<a INT, b STRING>>"
            + " | ARRAY[CAST(ROW(1, 'x') AS ROW<a INT, b STRING>),"
            + " CAST(NULL AS ROW<a INT, b STRING>)]"
            + " | list | [Row(a=1, b='x'), None]",
        "ARRAY<INT> | CAST(NULL AS ARRAY<INT>) | NoneType | None",
        "ROW<a INT NOT NULL, b STRING> | CAST(NULL AS ROW<a INT NOT NULL, b STRING>)"
            + " | NoneType | None",
      })
  void nestedValueComesBackAsItWent(String type, String expression, String kind, String text) {
    Row row = echo(type, "SELECT " + expression + " AS v").get(0);

    assertThat(row.getField("kind").toString()).endsWith("." + kind);
    assertThat(row.getField("text")).isEqualTo(text);
    assertThat(Row.of(row.getField("same"))).isEqualTo(Row.of(row.getField("v")));
  }

  /** Flink creates a MULTISET only by COLLECT, so the output is tested alone. */
  @Test
  void dictOfCountsIsAMultiset() {
    List<Row> rows =
        new SqlSession()
            .model("counter", "v ARRAY<STRING>", "counts MULTISET<STRING>", "values.Counts")
            .query(
                "SELECT counts FROM ML_PREDICT((SELECT ARRAY['a', 'b', 'a'] AS v), MODEL counter,"
                    + " DESCRIPTOR(v))");

    assertThat(rows).containsExactly(Row.of(Map.of("a", 2, "b", 1)));
  }

  /**
   * The planner inserts no cast, and in Flink's binary form an INT read as a BIGINT is another
   * number.
   */
  @ParameterizedTest(name = "{0} bound to {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "ARRAY<INT> | ARRAY[-7] | ARRAY<BIGINT> | [-7]",
        "ARRAY<INT> | ARRAY[-7, 8] | ARRAY<DOUBLE> | [-7.0, 8.0]",
        "ARRAY<FLOAT> | ARRAY[CAST(0.5 AS FLOAT)] | ARRAY<DOUBLE> | [0.5]",
        "MAP<STRING, INT> | MAP['a', -7] | MAP<STRING, BIGINT> | {'a': -7}",
        "ROW<a INT> | CAST(ROW(-7) AS ROW<a INT>) | ROW<a BIGINT> | Row(a=-7)",
      })
  void elementsOfNarrowerTypeAreConverted(
      String type, String expression, String inputType, String text) {
    List<Row> rows = echo(inputType, "SELECT CAST(" + expression + " AS " + type + ") AS v");

    assertThat(rows.get(0).getField("text")).isEqualTo(text);
  }

  /** Models take vectors as numpy arrays. */
  @Test
  void arrayOfNumbersIsANumpyArrayIfTheFunctionAsksForIt() {
    List<Row> rows =
        new SqlSession()
            .model(
                "scale",
                "v ARRAY<FLOAT>",
                "kind STRING, twice ARRAY<FLOAT>, longer ARRAY<DOUBLE>",
                "values.Vectors")
            .query(
                "SELECT kind, twice, CARDINALITY(longer) FROM ML_PREDICT("
                    + "(SELECT ARRAY[CAST(0.5 AS FLOAT), CAST(-1 AS FLOAT)] AS v), MODEL scale,"
                    + " DESCRIPTOR(v))");

    assertThat(rows)
        .containsExactly(Row.of("numpy.ndarray of float32", new Float[] {1f, -2f}, 100_000));
  }

  /** The message is all that the user of a cluster has. */
  @Test
  void elementThatDoesNotFitFailsWithItsPath() {
    String failure =
        new SqlSession()
            .model("wrong", "v INT", "tags ARRAY<ROW<name STRING, age INT>>", "values.WrongElement")
            .failureOf("SELECT tags FROM ML_PREDICT((SELECT 1 AS v), MODEL wrong, DESCRIPTOR(v))");

    assertThat(failure).contains("wrong', row 1: column 'tags[].age': expected INT, got str");
  }

  private static List<Row> echo(String type, String query) {
    return new SqlSession()
        .model(
            "echo", "v " + type, "same " + type + ", kind STRING, text STRING", "values.Identity")
        .query(
            "SELECT v, same, kind, text FROM ML_PREDICT(("
                + query
                + "), MODEL echo, DESCRIPTOR(v))");
  }
}
