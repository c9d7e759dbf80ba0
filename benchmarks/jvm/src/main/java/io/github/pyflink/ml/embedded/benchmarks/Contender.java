package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;

/** One way to call the Python function for the rows of a {@link Workload}. */
interface Contender {

  String name();

  /** Returns the results of all rows of the workload, as {@link Double} or {@link String}. */
  List<Object> results();

  /** Predicts so many rows, taken from the workload in turn, and returns the nanoseconds. */
  long run(int calls);
}
