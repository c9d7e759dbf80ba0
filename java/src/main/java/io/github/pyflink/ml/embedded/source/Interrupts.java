// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.InterruptedIOException;

/** Ends a fetch when its task is cancelled. The thread stays interrupted. */
final class Interrupts {

  private Interrupts() {}

  static void check() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw interrupted();
    }
  }

  static void sleep(long milliseconds) throws InterruptedIOException {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw interrupted();
    }
  }

  static InterruptedIOException interrupted() {
    return new InterruptedIOException("The fetch was interrupted. The next fetch continues it.");
  }
}
