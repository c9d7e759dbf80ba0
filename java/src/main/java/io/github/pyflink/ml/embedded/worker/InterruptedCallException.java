// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

/** A thread was interrupted while it waited for a worker. It is still interrupted. */
final class InterruptedCallException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  InterruptedCallException(String model) {
    super("Interrupted while the worker process of model '" + model + "' was called");
  }
}
