// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Plans and jobs with several functions in one thread, or one function in several threads. */
@NeedsPython
class PlansTest {

  private static final String DOUBLED =
      "SELECT x, y FROM ML_PREDICT(TABLE numbers, MODEL doubler, DESCRIPTOR(x))";

  /** Two functions opened on one thread deadlock with PemJa's interpreters on Python 3.11. */
  @ParameterizedTest
  @EnumSource
  void chainedModelsRun(NumberSource source) {
    SqlSession session = withDoubler(new SqlSession(), source);

    List<Row> rows =
        session
            .execute("CREATE VIEW doubled (x, x2) AS " + DOUBLED)
            .query("SELECT x2, y FROM ML_PREDICT(TABLE doubled, MODEL doubler, DESCRIPTOR(x2))");

    assertThat(rows).hasSize(NumberSource.COUNT);
    assertThat(rows)
        .allSatisfy(row -> assertThat(row.getField(1)).isEqualTo(2 * (double) row.getField(0)));
  }

  /** Two functions in two tasks of one job take the GIL in turn. */
  @Test
  void twoBranchesOfOneJobRun() {
    SqlSession session = withDoubler(new SqlSession(), NumberSource.DATAGEN);

    assertThat(session.query(DOUBLED + " UNION ALL " + DOUBLED)).hasSize(2 * NumberSource.COUNT);
  }

  /** Each subtask opens its own function and knows its index. */
  @Test
  void parallelSubtasksRun() {
    List<Row> rows =
        new SqlSession(2)
            .execute(
                "CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'fields.id.kind' ="
                    + " 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000')")
            .model("subtask", "id BIGINT", "echo BIGINT, subtask INT", "values.Subtask")
            .query(
                "SELECT echo, subtask FROM ML_PREDICT(TABLE ids, MODEL subtask, DESCRIPTOR(id))");

    assertThat(rows.stream().map(row -> row.<Long>getFieldAs(0)).collect(Collectors.toSet()))
        .hasSize(1000);
    assertThat(rows.stream().map(row -> row.<Integer>getFieldAs(1)).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(0, 1);
  }

  /** The second job has other class loaders and uses the CPython of the first. */
  @Test
  void sameJobRunsTwice() {
    SqlSession session = withDoubler(new SqlSession(), NumberSource.VALUES);

    assertThat(session.query(DOUBLED))
        .hasSize(NumberSource.COUNT)
        .isEqualTo(session.query(DOUBLED));
  }

  /** Concurrent jobs in one TaskManager share the interpreter but not their state. */
  @Test
  void twoJobsRunAtOnce() {
    SqlSession session = withDoubler(new SqlSession(), NumberSource.DATAGEN);

    TableResult first = session.submit(DOUBLED);
    TableResult second = session.submit(DOUBLED);

    assertThat(SqlSession.rowsOf(first)).hasSize(NumberSource.COUNT);
    assertThat(SqlSession.rowsOf(second)).hasSize(NumberSource.COUNT);
  }

  /** Two teams may both name their module model.py. */
  @Test
  void modulesOfTheSameNameStayApart(@TempDir Path first, @TempDir Path second) throws IOException {
    SqlSession session = new SqlSession();
    NumberSource.VALUES.createTable(session);
    createAdder(session, "adds_one", first, 1);
    createAdder(session, "adds_ten", second, 10);

    List<Row> rows =
        session
            .execute(
                "CREATE VIEW added AS SELECT x, y AS z FROM"
                    + " ML_PREDICT(TABLE numbers, MODEL adds_one, DESCRIPTOR(x))")
            .query("SELECT x, y FROM ML_PREDICT(TABLE added, MODEL adds_ten, DESCRIPTOR(z))");

    assertThat(rows).hasSize(NumberSource.COUNT);
    assertThat(rows)
        .allSatisfy(row -> assertThat(row.getField(1)).isEqualTo((double) row.getField(0) + 11));
  }

  private static SqlSession withDoubler(SqlSession session, NumberSource source) {
    source.createTable(session);
    return session.model(
        "doubler", "x DOUBLE", "y DOUBLE", "libraries.Numpy", "properties.import-in", "predict");
  }

  private static void createAdder(SqlSession session, String name, Path directory, int summand)
      throws IOException {
    Files.writeString(directory.resolve("constants.py"), "SUMMAND = " + summand + "\n");
    Files.writeString(
        directory.resolve("model.py"),
        "from constants import SUMMAND\n"
            + "from pyflink_ml_embedded import PredictFunction, Row\n"
            + "class Adder(PredictFunction):\n"
            + "    def predict(self, data):\n"
            + "        return [Row(data[0] + SUMMAND)]\n");
    session.model(
        name, "x DOUBLE", "y DOUBLE", "model.Adder", "model-directory-path", directory.toString());
  }
}
