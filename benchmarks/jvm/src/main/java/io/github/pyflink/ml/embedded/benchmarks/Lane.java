package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** A contender with its workload, run in batches that take about as long as those of the others. */
final class Lane {

  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int FIRST_BATCH = 1000;

  private final Workload workload;
  private final Contender contender;
  private int batch = FIRST_BATCH;

  Lane(Workload workload, Contender contender) {
    this.workload = workload;
    this.contender = contender;
  }

  String workload() {
    return workload.name();
  }

  String contender() {
    return contender.name();
  }

  /** Throws unless the contender finds the right result for every row. */
  void check() {
    List<Object> results = contender.results();
    if (!results.equals(workload.rightResults())) {
      throw new IllegalStateException(
          contender.name() + " has wrong results for " + workload.name() + ": " + results);
    }
  }

  /** Runs for some seconds, and sets the size of a batch by the speed that was reached. */
  void warmUp() {
    long warm = System.nanoTime() + WARM_UP_NANOS;
    do {
      batch = (int) Math.max(1, BATCH_NANOS / nanosPerCall());
    } while (System.nanoTime() < warm);
  }

  /** Runs one batch. */
  double nanosPerCall() {
    return (double) contender.run(batch) / batch;
  }
}
