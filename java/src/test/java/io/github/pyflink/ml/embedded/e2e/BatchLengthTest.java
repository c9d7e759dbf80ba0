// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that are sorted by a column and cut, in both execution modes. */
@NeedsPython
@Timeout(180)
class BatchLengthTest {

  private static final int ROWS = 20;
  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(
          Column.physical("x", DataTypes.DOUBLE()), Column.physical("length", DataTypes.INT()));

  private static final Column Y = Column.physical("y", DataTypes.DOUBLE());

  private AsyncPredictFunction function;

  @AfterEach
  void close() throws Exception {
    function.close();
  }

  /** A call has the longest rows that are left, and at most 12 / length of them. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowsOfSimilarLengthsArePredictedTogether(String mode) throws Exception {
    open("Arrow", mode, -1, Y, Column.physical("batch", DataTypes.BIGINT()));

    List<RowData> rows = rowsOf(predictAll());

    assertThat(rows).extracting(row -> row.getDouble(0)).isEqualTo(doubled());
    List<Long> calls = rows.stream().map(row -> row.getLong(1)).collect(Collectors.toList());
    for (int i = 0; i < ROWS; i++) {
      assertThat(calls.get(i) * length(i)).isLessThanOrEqualTo(12);
    }
    assertThat(calls).contains(2L, 3L, 4L);
  }

  /** The calls of a batch have other row numbers than the batch, and a user must find the row. */
  @ParameterizedTest
  @CsvSource({"thread, 0", "thread, 7", "thread, 18", "process, 7"})
  void onlyTheBadRowFailsWithItsNumber(String mode, int bad) throws Exception {
    open("FailsAt", mode, bad, Y);

    List<CompletableFuture<Collection<RowData>>> results = predictAll();

    for (int i = 0; i < ROWS; i++) {
      CompletableFuture<Collection<RowData>> result = results.get(i);
      if (i == bad) {
        assertThatThrownBy(result::join)
            .hasMessageContaining(
                "row " + (bad + 1) + ": predict_batch failed with ValueError: cannot score");
      } else {
        assertThat(result.join().iterator().next().getDouble(0)).isEqualTo(i);
      }
    }
  }

  /** Each call returns the numbers of its own rows. */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowHasAnyNumberOfResults(String mode) throws Exception {
    open("Countdown", mode, -1, Y);

    List<CompletableFuture<Collection<RowData>>> results = predictAll();

    for (int i = 0; i < ROWS; i++) {
      assertThat(rowsOf(results.subList(i, i + 1)))
          .extracting(row -> row.getDouble(0))
          .isEqualTo(
              IntStream.range(0, i)
                  .mapToObj(x -> (double) x)
                  .sorted((a, b) -> Double.compare(b, a))
                  .collect(Collectors.toList()));
    }
  }

  private static int length(int row) {
    return 3 + row * 7 % 4;
  }

  /** Opens a class of tests/models/batches.py, with the property rows and columns of OUTPUT. */
  private void open(String pythonClass, String mode, int rows, Column... output) throws Exception {
    Map<String, String> options =
        Map.of(
            "execution-mode",
            mode,
            "batch-size",
            String.valueOf(ROWS),
            "batch-timeout",
            "1 min",
            "batch-length-column",
            "length",
            "max-batch-length",
            "12",
            "properties.rows",
            String.valueOf(rows));
    function =
        PredictFunctions.openAsync(
            "batches." + pythonClass, INPUT, ResolvedSchema.of(output), options);
  }

  private List<CompletableFuture<Collection<RowData>>> predictAll() {
    return IntStream.range(0, ROWS)
        .mapToObj(i -> function.asyncPredict(GenericRowData.of((double) i, length(i))))
        .collect(Collectors.toList());
  }

  private static List<RowData> rowsOf(List<CompletableFuture<Collection<RowData>>> results) {
    return results.stream().flatMap(result -> result.join().stream()).collect(Collectors.toList());
  }

  private static List<Double> doubled() {
    return IntStream.range(0, ROWS).mapToObj(i -> 2.0 * i).collect(Collectors.toList());
  }
}
