// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** New versions of a model in an unbounded job. */
@NeedsPython
@Timeout(180)
class ReloadJobTest {

  private static final int VERSIONS = 4;

  @TempDir private Path directory;

  private VersionedModel model;
  private JobClient job;
  private CloseableIterator<Row> rows;

  @BeforeEach
  void makeModel() throws Exception {
    model = new VersionedModel(directory);
  }

  @AfterEach
  @Timeout(180)
  void everyVersionIsClosedWhenTheJobIsOver() throws Exception {
    rows.close(); // cancels it
    model.releaseAll();
    while (!job.getJobStatus().get().isGloballyTerminalState()) {
      Thread.sleep(1);
    }
    assertThat(count("close")).isEqualTo(count("open"));
  }

  /** A new version must neither lose nor reorder rows of Flink's operator. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "16"})
  void everyRowIsAnsweredOnceAndVersionsFollowEachOther(String batchSize) throws Exception {
    List<Long> numbers = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    start(1, batchSize);
    for (int version = 1; version <= VERSIONS; version++) {
      model.put(version);
      do {
        Row row = rows.next();
        numbers.add(row.<Double>getFieldAs("x").longValue());
        versions.add(row.getFieldAs("version"));
      } while (versions.get(versions.size() - 1) != version);
    }

    assertThat(numbers)
        .containsExactlyElementsOf(
            LongStream.range(0, numbers.size()).boxed().collect(Collectors.toList()));
    assertThat(versions).isSorted().contains(1L, (long) VERSIONS);
  }

  /** Each subtask has its own version and swaps it before its next row. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "16"})
  void allSubtasksTakeTheNewVersion(String batchSize) throws Exception {
    Map<Long, Long> newest = new HashMap<>();
    start(2, batchSize);
    for (long version = 1; version <= VERSIONS; version++) {
      model.put((int) version);
      while (!newest.equals(Map.of(0L, version, 1L, version))) {
        Row row = rows.next();
        long found = row.<Long>getFieldAs("version");
        Long before = newest.put(row.getFieldAs("subtask"), found);
        assertThat(found).isGreaterThanOrEqualTo(before == null ? 1 : before);
      }
    }
  }

  /** A cancelled job that hangs would block its TaskManager. */
  @Test
  void jobIsCancelledWhileAVersionIsOpened() throws Exception {
    start(1, "1");
    rows.next();
    model.hold("open 2");
    model.put(2);
    model.await("open 2");

    rows.close();
    model.release("open 2");

    model.await("close 1");
    model.await("close 2");
  }

  private void start(int parallelism, String batchSize) {
    SqlSession session =
        new SqlSession(parallelism)
            .execute(
                "CREATE TABLE numbers (x DOUBLE) WITH ('connector' = 'datagen',"
                    + " 'rows-per-second' = '1000', 'fields.x.kind' = 'sequence',"
                    + " 'fields.x.start' = '0', 'fields.x.end' = '1000000')");
    List<String> options = new ArrayList<>(List.of("batch-size", batchSize));
    model.options().forEach((key, value) -> options.addAll(List.of(key, value)));
    TableResult result =
        session
            .model(
                "versioned",
                "x DOUBLE",
                "version BIGINT, subtask BIGINT",
                batchSize.equals("1") ? "versions.Rows" : "versions.Batches",
                options.toArray(String[]::new))
            .submit(
                "SELECT x, version, subtask FROM ML_PREDICT(TABLE numbers, MODEL versioned,"
                    + " DESCRIPTOR(x), MAP['max-concurrent-operations', '64', 'timeout', '1 min'])");
    job = result.getJobClient().orElseThrow();
    rows = result.collect();
  }

  private long count(String step) throws Exception {
    return model.steps().stream().filter(line -> line.startsWith(step)).count();
  }
}
