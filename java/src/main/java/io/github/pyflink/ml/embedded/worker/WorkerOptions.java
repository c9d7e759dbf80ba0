// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.EnvironmentSource;
import java.io.Serializable;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/** How the worker processes of a model run. */
@Internal
public final class WorkerOptions implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The environment of the processes; null where they run an executable of the host. */
  @Nullable final EnvironmentSource environment;

  /** The most processes of a model in a TaskManager; {@link Integer#MAX_VALUE} for no limit. */
  final int count;

  /** The most memory of a process in bytes, or 0. */
  final long memoryBytes;

  /** How long a call may take. */
  final TimeLimit limit;

  /** How many ends of a process are tolerated within the {@link #restartWindow}. */
  final int maxRestarts;

  final Duration restartWindow;

  public WorkerOptions(
      @Nullable EnvironmentSource environment,
      int count,
      long memoryBytes,
      TimeLimit limit,
      int maxRestarts,
      Duration restartWindow) {
    this.environment = environment;
    this.count = count;
    this.memoryBytes = memoryBytes;
    this.limit = limit;
    this.maxRestarts = maxRestarts;
    this.restartWindow = restartWindow;
  }

  /** Returns the environment of the processes, or null where they run an executable of the host. */
  @Nullable
  public EnvironmentSource environment() {
    return environment;
  }

  @Override
  public String toString() {
    return String.join(
        " ",
        String.valueOf(environment),
        String.valueOf(count),
        String.valueOf(memoryBytes),
        limit.toString(),
        String.valueOf(maxRestarts),
        restartWindow.toString());
  }
}
