// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import org.apache.flink.annotation.Internal;

/** Hears of what happens to an open function. For any thread. */
@Internal
public interface FunctionListener {

  /**
   * Handles the metrics of a function that was opened, also where it replaces one whose process has
   * ended. The function closes them.
   */
  void opened(NativeMetrics metrics);

  /** Handles a call that has exceeded its time limit. */
  void timedOut();
}
