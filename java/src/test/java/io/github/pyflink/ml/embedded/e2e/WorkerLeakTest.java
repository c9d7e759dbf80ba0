// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static io.github.pyflink.ml.embedded.e2e.Workers.OUTPUT;
import static io.github.pyflink.ml.embedded.e2e.Workers.predict;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A TaskManager starts and loses many worker processes, and keeps nothing of them. */
@NeedsPython
@Timeout(300)
class WorkerLeakTest {

  private static final int STARTS = 30;
  private static final int KILLS = 15;

  /** The fluctuation of pools of the JVM, far below one for each start. */
  private static final int FEW = 6;

  private final Workers workers = new Workers();

  /** Each job starts processes and ends them. */
  @Test
  void startsLeaveNothingBehind() throws Exception {
    assertLeavesNothingBehind(
        () -> {
          for (int i = 0; i < STARTS; i++) {
            predict(open(), 1);
            workers.close();
          }
        });
  }

  /** The memory of a process stays mapped when it has ended, until its rows are written again. */
  @Test
  void killsLeaveNothingBehind() throws Exception {
    assertLeavesNothingBehind(
        () -> {
          PredictFunction function = open();
          for (int i = 0; i < KILLS; i++) {
            assertThat(predict(function, i)).isEqualTo(i);
            Workers.kill();
          }
          workers.close();
        });
  }

  private PredictFunction open() throws Exception {
    return workers.open(
        "Dies",
        OUTPUT,
        "properties.way",
        "exit",
        "properties.rows",
        "-1",
        "process-max-restarts",
        "1000");
  }

  private static void assertLeavesNothingBehind(ThrowingRunnable<Exception> work) throws Exception {
    work.run();
    Map<String, Integer> before = count();
    work.run();
    List<String> growth = new ArrayList<>();
    count()
        .forEach(
            (what, now) -> {
              if (now > before.get(what) + FEW) {
                growth.add(what + ": " + before.get(what) + ", then " + now);
              }
            });
    assertThat(growth).isEmpty();
  }

  private static Map<String, Integer> count() throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    counts.put("descriptors", countFiles("/proc/self/fd"));
    counts.put("threads", countFiles("/proc/self/task"));
    counts.put("processes", (int) ProcessHandle.current().descendants().count());
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      counts.put("mappings", (int) lines.filter(line -> line.contains("memfd:")).count());
    }
    return counts;
  }

  private static int countFiles(String directory) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      return (int) files.count();
    }
  }
}
