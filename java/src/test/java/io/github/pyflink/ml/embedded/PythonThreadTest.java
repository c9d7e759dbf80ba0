// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a task's thread sees of the thread that predicts for it. */
class PythonThreadTest {

  /** A caller that handles errors of a row must not have to unwrap them. */
  @Test
  void errorOfTheTaskIsThrownAsItIs() {
    IllegalStateException error = new IllegalStateException("of the row");
    try (PythonThread thread = PythonThread.open("errors", "model")) {
      assertThatThrownBy(
              () ->
                  thread.call(
                      () -> {
                        throw error;
                      },
                      () -> {}))
          .isSameAs(error);
      assertThat(thread.call(() -> 7, () -> {})).isEqualTo(7);
    }
  }

  /**
   * Flink interrupts a task that it cancels, and closes the function when the task has returned.
   */
  @Test
  void interruptedCallerWaitsForTheTaskAndStaysInterrupted() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    AtomicReference<String> outcome = new AtomicReference<>();
    try (PythonThread thread = PythonThread.open("interrupts", "model")) {
      Thread caller =
          new Thread(
              () -> {
                int result =
                    thread.call(
                        () -> {
                          started.countDown();
                          awaitQuietly(end);
                          return 7;
                        },
                        end::countDown);
                outcome.set(result + " " + Thread.currentThread().isInterrupted());
              });
      caller.start();
      started.await();
      caller.interrupt();
      caller.join();
    }
    assertThat(outcome.get()).isEqualTo("7 true");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
