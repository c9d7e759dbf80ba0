// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/** What of a function is in flight between calls. native/open_function.h has the same order. */
@Internal
public enum Awaiting {
  /** Nothing: a call returns when its rows are predicted. */
  NOTHING,
  /** Coroutines of rows. */
  ROWS,
  /** Coroutines of batches. */
  BATCHES
}
