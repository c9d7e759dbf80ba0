// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.PythonExecutable;
import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/** A model as its worker processes know it. */
@Internal
public final class WorkerModel {

  final String name;

  /** The path of the Python executable; null where the options have an environment. */
  @Nullable final String executable;

  final WorkerOptions options;

  private final String identity;

  /**
   * Finds the executable, unless the options have an environment.
   *
   * @param identity equal for all functions with the same class and configuration
   * @param executable a path, a name on the PATH, or null for the default
   * @throws io.github.pyflink.ml.embedded.python.PythonException if there is no such executable
   */
  public WorkerModel(
      String name, String identity, @Nullable String executable, WorkerOptions options) {
    this.name = name;
    this.identity = identity;
    this.executable = options.environment == null ? PythonExecutable.find(executable) : null;
    this.options = options;
  }

  /** Returns what is equal for models that may share processes. */
  List<String> key() {
    return List.of(name, identity, String.valueOf(executable), options.toString());
  }
}
