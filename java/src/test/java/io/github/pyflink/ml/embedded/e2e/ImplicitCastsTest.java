// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flink binds a column whose type has an implicit cast to the model's, without a cast. */
@NeedsPython
class ImplicitCastsTest {

  /** A table's column rarely has exactly the type that the model was created with. */
  @ParameterizedTest(name = "{0} bound to {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "TINYINT        | -7    | SMALLINT       | builtins.int    | -7",
        "TINYINT        | -7    | BIGINT         | builtins.int    | -7",
        "SMALLINT       | -7    | INT            | builtins.int    | -7",
        "INT            | -7    | BIGINT         | builtins.int    | -7",
        "INT            | -7    | DOUBLE         | builtins.float  | -7.0",
        "INT            | -7    | DECIMAL(20, 2) | decimal.Decimal | Decimal('-7.00')",
        "BIGINT         | -7    | FLOAT          | builtins.float  | -7.0",
        "FLOAT          | 0.5   | DOUBLE         | builtins.float  | 0.5",
        "DECIMAL(5, 2)  | 1.25  | DECIMAL(20, 4) | decimal.Decimal | Decimal('1.2500')",
        "DECIMAL(5, 2)  | 1.25  | DECIMAL(38, 2) | decimal.Decimal | Decimal('1.25')",
        "DECIMAL(5, 2)  | 1.25  | DOUBLE         | builtins.float  | 1.25",
        "CHAR(2)        | ab    | STRING         | builtins.str    | 'ab'",
        "VARCHAR(2)     | ab    | STRING         | builtins.str    | 'ab'",
        "BINARY(2)      | AAE=  | BYTES          | builtins.bytes  | b'\\x00\\x01'",
        "TIMESTAMP(0)   | 2024-02-29 12:00:00 | TIMESTAMP(6) | datetime.datetime"
            + " | datetime.datetime(2024, 2, 29, 12, 0)",
      })
  void columnOfNarrowerTypeIsConverted(
      String columnType, String csv, String inputType, String pythonType, String text) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "id INT, v " + columnType, "0," + csv)
            .model(
                "echo",
                "v " + inputType,
                "same " + inputType + ", kind STRING, text STRING",
                "values.Identity")
            .query(
                "SELECT kind, text"
                    + " FROM ML_PREDICT(TABLE input_rows, MODEL echo, DESCRIPTOR(v))");

    assertThat(rows).containsExactly(Row.of(pythonType, text));
  }

  /** The values would silently be shifted by the session's time zone. */
  @ParameterizedTest(name = "{0} bound to {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "TIMESTAMP(3)                   | TIMESTAMP_LTZ(3)            | v",
        "TIMESTAMP_LTZ(3)               | TIMESTAMP(3)                | v",
        "ARRAY<TIMESTAMP(3)>            | ARRAY<TIMESTAMP_LTZ(3)>     | v[]",
        "MAP<STRING, ROW<t TIMESTAMP>>  | MAP<STRING, ROW<t TIMESTAMP_LTZ>> | v.value.t",
      })
  void columnThatNeedsTheTimeZoneIsRejected(String columnType, String inputType, String path) {
    String failure =
        new SqlSession()
            .model("echo", "v " + inputType, "y INT", "values.Identity")
            .failureOf(
                "SELECT y FROM ML_PREDICT((SELECT CAST(NULL AS "
                    + columnType
                    + ") AS v), MODEL echo, DESCRIPTOR(v))");

    assertThat(failure).contains("echo': column '" + path + "' is of type ", "write CAST(... AS ");
  }

  /** Its rows would have NULL in a column that SQL declares as NOT NULL. */
  @Test
  void processingTimeAttributeIsRejected() {
    SqlSession session =
        new SqlSession()
            .execute("CREATE VIEW v AS SELECT PROCTIME() AS p FROM (VALUES (1)) AS t (x)")
            .execute("CREATE VIEW w AS SELECT CAST(p AS TIMESTAMP_LTZ(3)) AS p FROM v")
            .model("echo", "t TIMESTAMP_LTZ(3)", "same TIMESTAMP_LTZ(3)", "values.Echo");
    String query = "SELECT same FROM ML_PREDICT(TABLE v, MODEL echo, DESCRIPTOR(p))";

    assertThat(session.failureOf(query))
        .contains("echo': column 't' is bound to a PROCTIME attribute", "write CAST(... AS ");
    assertThat(session.query(query.replace("TABLE v", "TABLE w")))
        .singleElement()
        .satisfies(row -> assertThat(row.getField(0)).isNotNull());
  }
}
