// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.util.function.ThrowingRunnable;

/** The resources that the process holds at one moment, as Python and the kernel count them. */
final class ResourceCounters {

  private static final ResolvedSchema INPUT =
      ResolvedSchema.of(Column.physical("ignored", DataTypes.INT()));
  private static final ResolvedSchema OUTPUT =
      ResolvedSchema.of(
          Column.physical("blocks", DataTypes.BIGINT()),
          Column.physical("objects", DataTypes.BIGINT()),
          Column.physical("references", DataTypes.BIGINT()),
          Column.physical("python_threads", DataTypes.BIGINT()),
          Column.physical("thread_states", DataTypes.BIGINT()));

  // The fluctuation of caches, pools and other threads of the JVM. It is less than one block for
  // each open of a test, so no leak is small enough to be hidden by it.
  private static final long FEW_BLOCKS = 75;
  private static final long FEW_THREADS = 8;
  // CPython's own blocks grow for some 400 opens of a class, and then stay level.
  private static final int MOST_TIMES = 6;
  private static final long FEW_MEGABYTES = 64;

  private final RowData python;
  private final long threads;
  private final long residentMegabytes;

  private ResourceCounters(RowData python, long threads, long residentMegabytes) {
    this.python = python;
    this.threads = threads;
    this.residentMegabytes = residentMegabytes;
  }

  /** Collects garbage in both heaps and counts. */
  private static ResourceCounters read() throws Exception {
    PredictFunction function = PredictFunctions.open("resources.Counters", INPUT, OUTPUT);
    RowData python = function.predict(GenericRowData.of(0)).iterator().next();
    function.close();
    System.gc();
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      return new ResourceCounters(python, threads.count(), residentMegabytes());
    }
  }

  /**
   * Repeats work that must not leak: once to fill caches and pools, and then until a repetition
   * causes no growth. A leak grows each time; a cache that is filled late does not.
   */
  static void assertLeavesNothingBehind(ThrowingRunnable<Exception> work) throws Exception {
    work.run();
    List<String> growth = List.of("not measured");
    ResourceCounters before = read();
    for (int i = 0; i < MOST_TIMES && !growth.isEmpty(); i++) {
      work.run();
      ResourceCounters after = read();
      growth = after.growthSince(before);
      before = after;
    }
    assertThat(growth).isEmpty();
  }

  /** Returns the counters that grew by more than their fluctuation, with both numbers. */
  private List<String> growthSince(ResourceCounters before) {
    List<String> growth = new ArrayList<>();
    add(growth, "allocated blocks", python.getLong(0), before.python.getLong(0), FEW_BLOCKS);
    add(growth, "collectable objects", python.getLong(1), before.python.getLong(1), FEW_BLOCKS);
    add(growth, "references to the shared result", python.getLong(2), before.python.getLong(2), 0);
    add(growth, "Python threads", python.getLong(3), before.python.getLong(3), 0);
    add(growth, "thread states", python.getLong(4), before.python.getLong(4), FEW_THREADS);
    add(growth, "OS threads", threads, before.threads, FEW_THREADS);
    add(growth, "resident MB", residentMegabytes, before.residentMegabytes, FEW_MEGABYTES);
    return growth;
  }

  private static void add(List<String> growth, String what, long now, long before, long slack) {
    if (now > before + slack) {
      growth.add(what + ": " + before + ", then " + now);
    }
  }

  private static long residentMegabytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }
}
