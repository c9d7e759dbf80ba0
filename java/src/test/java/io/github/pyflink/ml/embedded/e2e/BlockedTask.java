// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** Finds the thread of a task that waits because two batches are full. */
final class BlockedTask {

  private BlockedTask() {}

  /** Waits until a thread waits in RowQueue.add, and returns it. */
  static Thread await() throws InterruptedException {
    while (true) {
      Optional<Thread> found =
          Thread.getAllStackTraces().entrySet().stream()
              .filter(entry -> waits(entry.getValue()))
              .map(Map.Entry::getKey)
              .findFirst();
      if (found.isPresent()) {
        return found.get();
      }
      Thread.sleep(1);
    }
  }

  private static boolean waits(StackTraceElement[] stack) {
    boolean isWaiting = stack.length > 0 && stack[0].getMethodName().startsWith("wait");
    return isWaiting
        && Arrays.stream(stack)
            .anyMatch(
                frame ->
                    frame.getClassName().endsWith(".RowQueue")
                        && frame.getMethodName().equals("add"));
  }
}
