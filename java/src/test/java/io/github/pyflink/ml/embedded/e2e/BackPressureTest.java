// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs whose large rows would not fit into memory if all of them were in flight. */
@NeedsPython
@Timeout(180)
class BackPressureTest {

  private static final int ROWS = 400;

  /** Up to 2.3, Flink's operator holds so many rows on the heap even after it has emitted them. */
  private static final String QUERY =
      "SELECT size, batch FROM ML_PREDICT(TABLE texts, MODEL sizes, DESCRIPTOR(data),"
          + " MAP['max-concurrent-operations', '256', 'timeout', '0 s'])";

  @TempDir private Path directory;

  /**
   * Without a limit, 256 rows of 500 KB would take 128 MB outside of the heap, and more to grow.
   */
  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void rowsInFlightTakeTheMemoryOfTheLimit(String mode) throws Exception {
    SqlSession session =
        new SqlSession()
            .csvTable(
                "numbers",
                "x BIGINT",
                IntStream.range(0, ROWS).mapToObj(Integer::toString).toArray(String[]::new));
    TableResult result =
        session(session, mode, 500_000, "0.1", "max-batch-bytes", "8 mb").submit(QUERY);
    FutureTask<List<Row>> rows = new FutureTask<>(() -> SqlSession.rowsOf(result));
    new Thread(rows).start();
    long most = 0;
    long least = Long.MAX_VALUE;
    while (!rows.isDone()) {
      long bytes = OffHeap.bytes();
      most = Math.max(most, bytes);
      least = Math.min(least, bytes);
      Thread.sleep(1);
    }

    assertThat(rows.get())
        .extracting(row -> row.<Long>getFieldAs("size"))
        .isEqualTo(
            IntStream.range(0, ROWS).mapToObj(x -> 500_000L + x % 3).collect(Collectors.toList()));
    assertThat(rows.get()).extracting(row -> row.<Long>getFieldAs("batch")).contains(16L);
    assertThat(most - least).isLessThan(96 << 20);
  }

  /** The barrier waits only until Python takes the next batch. */
  @ParameterizedTest
  @CsvSource({"filesystem, process", "datagen, thread"})
  void savepointIsTakenWhileTheTaskWaits(String source, String mode) throws Exception {
    JobClient job = unbounded(source, mode, "0.05");
    BlockedTask.await();

    String savepoint =
        job.triggerSavepoint(directory.toUri().toString(), SavepointFormatType.CANONICAL).get();

    assertThat(savepoint).startsWith("file:");
    assertThat(job.getJobStatus().get()).isEqualTo(JobStatus.RUNNING);
    cancel(job);
  }

  /** A task that cannot be cancelled ends its TaskManager. */
  @ParameterizedTest
  @CsvSource({"filesystem, thread, 1", "datagen, thread, 1", "datagen, process, 1000"})
  void jobIsCancelledWhileTheTaskWaits(String source, String mode, String seconds)
      throws Exception {
    JobClient job = unbounded(source, mode, seconds);
    BlockedTask.await();

    cancel(job);

    assertThat(job.getJobStatus().get()).isEqualTo(JobStatus.CANCELED);
  }

  private static void cancel(JobClient job) throws Exception {
    job.cancel().get();
    while (!job.getJobStatus().get().isGloballyTerminalState()) {
      Thread.sleep(1);
    }
  }

  /** Submits a job of more rows than it can predict while the test runs. */
  private JobClient unbounded(String source, String mode, String seconds) {
    SqlSession session = new SqlSession();
    if (source.equals("filesystem")) { // rows come on the task's thread
      session.csvTable(
          "numbers",
          "x BIGINT",
          IntStream.range(0, 100_000).mapToObj(Integer::toString).toArray(String[]::new));
    } else { // and on the thread of the source
      session.execute(
          "CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'datagen',"
              + " 'fields.x.kind' = 'sequence', 'fields.x.start' = '0',"
              + " 'fields.x.end' = '100000')");
    }
    session.execute(
        "CREATE TABLE results (size BIGINT, batch BIGINT) WITH ('connector' = 'blackhole')");
    TableResult result =
        session(session, mode, 10_000, seconds, "max-batch-bytes", "100 kb")
            .submit("INSERT INTO results " + QUERY);
    return result.getJobClient().orElseThrow();
  }

  /** Adds texts of a length, and one more for some, because the planner evaluates constants. */
  private static SqlSession session(
      SqlSession session, String mode, int length, String seconds, String... options) {
    String[] common = {"batch-size", "64", "execution-mode", mode, "properties.seconds", seconds};
    return session
        .execute(
            "CREATE VIEW texts AS SELECT REPEAT('x', "
                + length
                + " + CAST(MOD(x, 3) AS INT)) AS data FROM numbers")
        .model(
            "sizes",
            "data STRING",
            "size BIGINT, batch BIGINT",
            "sizes.Sizes",
            Stream.concat(Arrays.stream(common), Arrays.stream(options)).toArray(String[]::new));
  }
}
