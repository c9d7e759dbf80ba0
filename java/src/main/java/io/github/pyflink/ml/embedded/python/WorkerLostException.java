// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/**
 * The process of a function has ended. What was written to its columns must be written again after
 * {@link OpenFunction#reset}, and rows that were not answered must be predicted again.
 */
@Internal
public final class WorkerLostException extends PythonException {

  private static final long serialVersionUID = 1L;

  public WorkerLostException(String message) {
    super(message);
  }
}
