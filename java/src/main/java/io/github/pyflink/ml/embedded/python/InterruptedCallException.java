// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/**
 * A call of a model was ended because its job is cancelled. Its row has not failed. If the thread
 * was interrupted, it still is.
 */
@Internal
public final class InterruptedCallException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  public InterruptedCallException(String model) {
    super("Interrupted while model '" + model + "' was called");
  }
}
