// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/** The worker process of a function and those that replace it. For any thread. */
@Internal
public interface FunctionProcess {

  /** Returns the memory that the process has in RAM, or 0 where it has ended. */
  long residentBytes();

  /** Returns how many processes have replaced one that had ended. */
  long restarts();
}
