// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;

/** The subtask of a job that a function belongs to, for Python and for messages. */
final class Subtask {

  private static final int LONGEST_NAME = 60;

  /** From 0. */
  final int index;

  final int parallelism;

  /** How often the task was started before. */
  final int attempt;

  private final String job;

  Subtask(TaskInfo task, String job) {
    this.index = task.getIndexOfThisSubtask();
    this.parallelism = task.getNumberOfParallelSubtasks();
    this.attempt = task.getAttemptNumber();
    this.job = job;
  }

  static Subtask of(FunctionContext context) {
    MetricGroup metrics = context.getMetricGroup(); // nothing else has the job
    String name = metrics.getAllVariables().getOrDefault("<job_name>", "unknown");
    String id = metrics.getAllVariables().getOrDefault("<job_id>", "unknown");
    return new Subtask(context.getTaskInfo(), "'" + shortened(name) + "' (" + id + ")");
  }

  /** Shortens the name of a job, which may be a statement of many lines. */
  private static String shortened(String name) {
    String line = name.replaceAll("\\s+", " ");
    return line.length() <= LONGEST_NAME ? line : line.substring(0, LONGEST_NAME) + "...";
  }

  /** Describes it to people. */
  @Override
  public String toString() {
    return String.format(
        "subtask %d of %d in attempt %d of job %s", index + 1, parallelism, attempt + 1, job);
  }
}
