// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.annotation.Internal;

/** A value exceeds the remaining capacity of its column. */
@Internal
public final class ColumnFullException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  ColumnFullException(String message) {
    super(message);
  }
}
