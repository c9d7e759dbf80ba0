// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** Where a model runs. */
public enum ExecutionMode {
  /** In the TaskManager's JVM. */
  THREAD,
  /** In worker processes of the TaskManager. */
  PROCESS
}
