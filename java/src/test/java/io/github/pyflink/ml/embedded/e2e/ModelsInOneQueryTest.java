// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.flink.table.api.Table;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Queries that compare two models. Up to 2.3, Flink's planner runs the first one for both if their
 * OUTPUT is the same. The test runs on every supported Flink version.
 */
@NeedsPython
class ModelsInOneQueryTest {

  private static final String OLD =
      "SELECT x, y FROM ML_PREDICT(TABLE n, MODEL m_old, DESCRIPTOR(x))";
  private static final String NEW = OLD.replace("m_old", "m_new");

  private final SqlSession session = new SqlSession();

  @BeforeEach
  void createModels() {
    session
        .execute("CREATE TEMPORARY VIEW n AS SELECT * FROM (VALUES (1.0e0), (2.0e0)) AS t (x)")
        .model("m_old", "x DOUBLE", "y DOUBLE", "values.Times", "properties.factor", "10")
        .model("m_new", "x DOUBLE", "y DOUBLE", "values.Times", "properties.factor", "100");
  }

  /** Half of the results would be those of the other model. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "OLD UNION ALL NEW",
        "SELECT a.y, b.y FROM (OLD) a JOIN (NEW) b ON a.x = b.x",
        "OLD INTERSECT NEW",
        "WITH b AS (NEW), a AS (OLD) SELECT a.y, b.y FROM a JOIN b ON a.x = b.x",
        "SELECT y FROM (OLD) WHERE x IN (SELECT x FROM (NEW) WHERE y > 0)",
      })
  void queryInWhichFlinkMergesTwoModelsIsRefused(String query) {
    assertThat(session.failureOf(query.replace("OLD", OLD).replace("NEW", NEW)))
        .contains(
            "is planned but not used",
            "MAP['model', 'default_catalog.default_database.m_old']",
            "MAP['model', 'default_catalog.default_database.m_new']");
  }

  /** Batches are another function of Flink, with the same plan. */
  @Test
  void modelsWithBatchesAreRefusedToo() {
    session
        .execute("ALTER MODEL m_old SET ('batch-size' = '4')")
        .execute("ALTER MODEL m_new SET ('batch-size' = '4')");

    assertThat(session.failureOf(OLD + " UNION ALL " + NEW)).contains("is planned but not used");
  }

  /** Flink plans the statements of a set one by one, and compares their plans by model. */
  @Test
  void modelsOfAStatementSetArePredictedBoth(@TempDir Path directory) throws Exception {
    String sink =
        "CREATE TABLE %s (x DOUBLE, y DOUBLE) WITH"
            + " ('connector' = 'filesystem', 'path' = '%s/%s', 'format' = 'csv')";
    session
        .execute(String.format(sink, "s_old", directory.toUri(), "old"))
        .execute(String.format(sink, "s_new", directory.toUri(), "new"))
        .submit(
            "EXECUTE STATEMENT SET BEGIN INSERT INTO s_old "
                + OLD
                + "; INSERT INTO s_new "
                + NEW
                + "; END")
        .await();

    assertThat(session.query("SELECT y FROM s_old")).containsExactly(Row.of(10.0), Row.of(20.0));
    assertThat(session.query("SELECT y FROM s_new")).containsExactly(Row.of(100.0), Row.of(200.0));
  }

  /** The message proposes this query. */
  @Test
  void modelsThatConfigNamesArePredictedBoth() {
    List<Row> rows =
        session.query(
            OLD.replace("(x))", "(x), MAP['model', 'm_old'])")
                + " UNION ALL "
                + NEW.replace(
                    "(x))", "(x), MAP['model', 'default_catalog.default_database.m_new'])"));

    assertThat(rows)
        .containsExactlyInAnyOrder(
            Row.of(1.0, 10.0), Row.of(2.0, 20.0), Row.of(1.0, 100.0), Row.of(2.0, 200.0));
  }

  /** An entry that was copied with the call would merge the calls again. */
  @Test
  void configThatNamesAnotherModelIsRefused() {
    assertThat(session.failureOf(NEW.replace("(x))", "(x), MAP['model', 'm_old'])")))
        .contains("m_new': the query's CONFIG has 'model' = 'm_old'. It must be the name");
  }

  /** Flink does not check these keys, so a misspelt one would have no effect. */
  @Test
  void unknownKeyInConfigIsRefused() {
    assertThat(session.failureOf(NEW.replace("(x))", "(x), MAP['batch-sizes', '4'])")))
        .contains("m_new': the query's CONFIG has the unknown key 'batch-sizes'", "'batch-size'");
  }

  /** Planning a view or a query that fails says nothing about the next query. */
  @Test
  void modelOfAnotherStatementDoesNotMatter() {
    session
        .execute("CREATE VIEW v_old AS " + OLD)
        .execute("CREATE VIEW v_new AS " + NEW)
        .execute("EXPLAIN " + OLD + " UNION ALL " + NEW);
    session.failureOf("SELECT y FROM v_new ORDER BY y");

    assertThat(session.query("SELECT y FROM v_old")).containsExactly(Row.of(10.0), Row.of(20.0));
    assertThat(session.query("SELECT y FROM v_new")).containsExactly(Row.of(100.0), Row.of(200.0));
  }

  /** Flink keeps calls with other results apart. */
  @Test
  void modelsWithDifferentOutputArePredictedBoth() {
    session.model("m_other", "x DOUBLE", "z DOUBLE", "values.Times", "properties.factor", "1000");

    List<Row> rows =
        session.query(
            "SELECT a.y, z FROM ("
                + OLD
                + ") a JOIN ML_PREDICT(TABLE n, MODEL m_other, DESCRIPTOR(x)) b ON a.x = b.x");

    assertThat(rows).containsExactlyInAnyOrder(Row.of(10.0, 1000.0), Row.of(20.0, 2000.0));
  }

  /** Each Table may become a job, so the models of two Tables are no proof. */
  @Test
  void modelsOfTwoTablesAreOnlyReported() {
    try (LogCapture log = new LogCapture()) {
      Table old = session.table(OLD);
      session.table(NEW);

      assertThat(SqlSession.rowsOf(old.execute())).hasSize(2);
      assertThat(log.text()).containsOnlyOnce("m_new' is planned but not used");
    }
  }
}
