package io.github.pyflink.ml.embedded.source;

import java.io.InterruptedIOException;

/** Lets a cancelled task leave a fetch. The thread stays interrupted. */
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
    return new InterruptedIOException(
        "The fetch of the model was interrupted; the next one continues it.");
  }
}
