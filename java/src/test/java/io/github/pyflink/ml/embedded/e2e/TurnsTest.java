// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongPredicate;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Threads that call Python row by row take turns, and no thread waits for one that has no row. */
@NeedsPython
@Timeout(120)
class TurnsTest {

  private static final ResolvedSchema SCHEMA =
      ResolvedSchema.of(Column.physical("x", DataTypes.BIGINT()));

  /** Long enough for many turns. */
  private static final int ROWS = 100_000;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  /** Calls that are short take turns; calls that are long run beside them. */
  @ParameterizedTest
  @CsvSource({
    "Increments, 100000, Increments, 100000",
    "Increments, 100000, Sleeps, 200",
    "Sleeps, 200, Sleeps, 200"
  })
  void allThreadsPredictAllRows(String first, int firstRows, String second, int secondRows)
      throws Exception {
    CyclicBarrier start = new CyclicBarrier(4);
    List<Future<Long>> sums = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      sums.add(threads.submit(predicting(first, firstRows, start)));
      sums.add(threads.submit(predicting(second, secondRows, start)));
    }

    for (int i = 0; i < 4; i++) {
      long rows = i % 2 == 0 ? firstRows : secondRows;
      assertThat(sums.get(i).get()).isEqualTo(rows * (rows + 1) / 2);
    }
  }

  /** A turn that kept others out of Python for a whole call would deadlock them. */
  @Test
  void functionsThatWaitForEachOtherGetTheirRows() throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    Future<Long> one = threads.submit(predicting("Meets", 100, start));
    Future<Long> other = threads.submit(predicting("Meets", 100, start));

    assertThat(one.get()).isEqualTo(other.get()).isEqualTo(5050);
  }

  /** A subtask may have no row for hours, and its thread may end before its turn does. */
  @Test
  void threadWithoutRowsKeepsNobodyWaiting() throws Exception {
    CyclicBarrier start = new CyclicBarrier(3);
    CountDownLatch idle = new CountDownLatch(1);
    Thread ends =
        new Thread(() -> assertThat(call(predicting("Increments", 500, start))).isNotNull());
    Future<Long> stays =
        threads.submit(
            () -> {
              long sum = predicting("Increments", 1000, start).call();
              idle.await();
              return sum;
            });
    ends.start();
    Future<Long> goesOn = threads.submit(predicting("Increments", ROWS, start));

    assertThat(goesOn.get()).isEqualTo(ROWS * (ROWS + 1L) / 2);
    idle.countDown();
    assertThat(stays.get()).isEqualTo(500_500);
    ends.join();
  }

  /** With more threads than cores, most of them sleep until their turn. */
  @Test
  void everyThreadOfManyGetsItsTurns() throws Exception {
    int count = 8;
    int least = 5000;
    CountDownLatch slowest = new CountDownLatch(count);
    List<Future<Long>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(threads.submit(predictingUntil("Increments", row -> row == least, slowest)));
    }

    for (Future<Long> predicted : rows) {
      assertThat(predicted.get()).isGreaterThanOrEqualTo(least);
    }
  }

  /** Only threads that call row by row take turns; none of the others may wait for their end. */
  @Test
  void batchesAndThreadsOfUsersRunBesideRows() throws Exception {
    CountDownLatch done = new CountDownLatch(3);
    List<Future<Long>> rows = new ArrayList<>();
    rows.add(threads.submit(predictingUntil("CountsBeside", count -> count >= 10, done)));
    rows.add(threads.submit(predictingUntil("Increments", row -> row == 1000, done)));
    AsyncPredictFunction batches =
        PredictFunctions.openAsync(
            "turns.IncrementsBatches", SCHEMA, SCHEMA, Map.of("batch-size", "8"));
    try {
      for (long i = 0; i < 10; i++) {
        assertThat(batches.asyncPredict(GenericRowData.of(i)).get().iterator().next().getLong(0))
            .isEqualTo(i + 1);
      }
    } finally {
      batches.close();
    }
    done.countDown();

    for (Future<Long> predicted : rows) {
      assertThat(predicted.get()).isPositive();
    }
  }

  /**
   * Returns work that predicts numbers and counts down once a result is as expected, goes on until
   * all others have done so too, and returns the number of rows.
   */
  private static Callable<Long> predictingUntil(
      String pythonClass, LongPredicate isExpected, CountDownLatch all) {
    return () -> {
      PredictFunction function = PredictFunctions.open("turns." + pythonClass, SCHEMA, SCHEMA);
      try {
        long row = 0;
        for (boolean found = false; all.getCount() > 0; row++) {
          long result = function.predict(GenericRowData.of(row)).iterator().next().getLong(0);
          if (!found && isExpected.test(result)) {
            found = true;
            all.countDown();
          }
        }
        return row;
      } finally {
        function.close();
      }
    };
  }

  /** Returns work that predicts the numbers from 0 on, and returns the sum of the results. */
  private static Callable<Long> predicting(String pythonClass, int rows, CyclicBarrier start) {
    return () -> {
      PredictFunction function = PredictFunctions.open("turns." + pythonClass, SCHEMA, SCHEMA);
      try {
        start.await();
        long sum = 0;
        for (long row = 0; row < rows; row++) {
          sum += function.predict(GenericRowData.of(row)).iterator().next().getLong(0);
        }
        return sum;
      } finally {
        function.close();
      }
    };
  }

  private static <T> T call(Callable<T> work) {
    try {
      return work.call();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
