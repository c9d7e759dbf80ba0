// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Predict functions that return other row types, or are generators, run unchanged. */
@NeedsPython
class ResultShapesTest {

  /** Functions written for PyFlink's Row, tuples or dicts run unchanged. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "list of Row",
        "list of Row by name",
        "list of pyflink Row",
        "list of pyflink Row by name",
        "list of tuple",
        "list of list",
        "list of dict",
        "tuple of Row",
        "set of tuple",
        "generator",
        "iterator",
        "map"
      })
  void shapeOfSeveralColumnsIsARow(String shape) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x BIGINT, s STRING", "1,one", "\\N,\\N")
            .model(
                "echo",
                "x BIGINT, s STRING",
                "x BIGINT, s STRING",
                "shapes.TwoOutputs",
                "properties.shape",
                shape)
            .query("SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL echo, DESCRIPTOR(x, s))");

    assertThat(rows).containsExactly(Row.of(1L, "one", 1L, "one"), Row.of(null, null, null, null));
  }

  /** With one output column the row around the value may be omitted. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "scalar",
        "scalar in a tuple",
        "scalar from a generator",
        "Row",
        "tuple",
        "list",
        "dict"
      })
  void shapeOfOneColumnIsARow(String shape) {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x STRING", "one", "two")
            .model("echo", "x STRING", "y STRING", "shapes.OneOutput", "properties.shape", shape)
            .query("SELECT y FROM ML_PREDICT(TABLE input_rows, MODEL echo, DESCRIPTOR(x))");

    assertThat(rows).containsExactly(Row.of("one"), Row.of("two"));
  }

  /** None and an empty result drop the input row, and several results repeat it. */
  @Test
  void inputRowHasAsManyOutputRowsAsTheResult() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "n INT", "2", "0", "-1", "3")
            .model("countdown", "n INT", "i INT", "shapes.Countdown")
            .query("SELECT n, i FROM ML_PREDICT(TABLE input_rows, MODEL countdown, DESCRIPTOR(n))");

    assertThat(rows)
        .containsExactly(Row.of(2, 1), Row.of(2, 0), Row.of(3, 2), Row.of(3, 1), Row.of(3, 0));
  }

  /** The output columns grow during the call and keep what was written before. */
  @Test
  void manyRowsOfOneInputRowAreEmitted() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "n INT", "100000")
            .model("countdown", "n INT", "i INT", "shapes.Countdown")
            .query("SELECT i FROM ML_PREDICT(TABLE input_rows, MODEL countdown, DESCRIPTOR(n))");

    assertThat(rows).hasSize(100_000).startsWith(Row.of(99_999)).endsWith(Row.of(0));
  }

  /** User code treats the native Row as a pyflink.common.Row. */
  @Test
  void rowSupportsTheOperationsOfPyflinkRow() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "x BIGINT, s STRING", "1,one")
            .model("reader", "x BIGINT, s STRING", "y BIGINT, t STRING", "values.RowAccess")
            .query("SELECT y, t FROM ML_PREDICT(TABLE input_rows, MODEL reader, DESCRIPTOR(x, s))");

    assertThat(rows).containsExactly(Row.of(1L, "one"));
  }

  /** A Row holds copies, although its columns are reused. */
  @Test
  void keptRowKeepsItsValues() {
    List<Row> rows =
        new SqlSession()
            .csvTable("input_rows", "s STRING", "first", "second")
            .model("keeper", "s STRING", "kept STRING", "values.KeepsRows")
            .query("SELECT kept FROM ML_PREDICT(TABLE input_rows, MODEL keeper, DESCRIPTOR(s))");

    assertThat(rows).containsExactly(Row.of("first"), Row.of("first"));
  }
}
