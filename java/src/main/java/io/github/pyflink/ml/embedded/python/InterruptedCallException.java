// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/**
 * A call of a model was ended because its job is cancelled. The thread is still interrupted, if it
 * was. It is no failure of a row.
 */
@Internal
public final class InterruptedCallException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  public InterruptedCallException(String model) {
    super("Interrupted while model '" + model + "' was called");
  }
}
