// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.EXECUTION_MODE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_COUNT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_MAX_RESTARTS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_MEMORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROCESS_RESTART_WINDOW;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_ENVIRONMENT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_EXECUTABLE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.PYTHON_THREAD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SHARE_PYTHON_THREAD;

import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.EnvironmentSource;
import io.github.pyflink.ml.embedded.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Reads the options of models that run in worker processes. */
final class WorkerProcesses {

  private static final List<ConfigOption<?>> OF_PROCESSES =
      List.of(
          PYTHON_ENVIRONMENT,
          PROCESS_COUNT,
          PROCESS_MEMORY,
          PROCESS_MAX_RESTARTS,
          PROCESS_RESTART_WINDOW);

  private static final List<ConfigOption<?>> OF_THREADS =
      List.of(PYTHON_THREAD, SHARE_PYTHON_THREAD);

  private WorkerProcesses() {}

  /**
   * Reads the options of a model.
   *
   * @param limit the time limit of its calls
   * @return null if it runs in the JVM
   * @throws ValidationException if an option has an invalid value, or no effect in the model's
   *     execution mode
   */
  @Nullable
  static WorkerOptions of(ReadableConfig options, TimeLimit limit) {
    if (options.get(EXECUTION_MODE) == ExecutionMode.THREAD) {
      OptionValues.refuseWithout(mode("process"), options, OF_PROCESSES);
      return null;
    }
    OptionValues.refuseWithout(mode("thread"), options, OF_THREADS);
    int count = options.getOptional(PROCESS_COUNT).orElse(Integer.MAX_VALUE);
    long memory = options.get(PROCESS_MEMORY).getBytes();
    int restarts = options.get(PROCESS_MAX_RESTARTS);
    Duration window = options.get(PROCESS_RESTART_WINDOW);
    OptionValues.require(count >= 1, PROCESS_COUNT, count, "at least 1");
    OptionValues.require(restarts >= 0, PROCESS_MAX_RESTARTS, restarts, "0 or more");
    OptionValues.require(window.toMillis() > 0, PROCESS_RESTART_WINDOW, window, "more than 0");
    EnvironmentSource environment = EnvironmentSource.of(options).orElse(null);
    if (environment != null && options.getOptional(PYTHON_EXECUTABLE).isPresent()) {
      throw new ValidationException(
          String.format(
              "The options '%s' and '%s' both say which Python the model runs in. Remove one.",
              PYTHON_ENVIRONMENT.key(), PYTHON_EXECUTABLE.key()));
    }
    return new WorkerOptions(environment, count, memory, limit, restarts, window);
  }

  private static String mode(String name) {
    return "'" + EXECUTION_MODE.key() + "' = '" + name + "'";
  }
}
