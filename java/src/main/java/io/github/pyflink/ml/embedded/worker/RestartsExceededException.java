// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

/** A model's processes end too often, or cannot be replaced: the job fails, not a row. */
final class RestartsExceededException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  RestartsExceededException(String message) {
    super(message);
  }
}
