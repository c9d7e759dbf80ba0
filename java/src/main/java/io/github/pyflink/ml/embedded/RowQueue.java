// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Collection;
import java.util.List;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.table.data.RowData;

/**
 * The rows that the task's thread adds for the Python thread.
 *
 * <p>Every method holds the lock, which is that of this object.
 */
abstract class RowQueue {

  @GuardedBy("this")
  Batch open;

  @GuardedBy("this")
  @Nullable
  Throwable failure;

  @GuardedBy("this")
  boolean closed;

  RowQueue(Batch open) {
    this.open = open;
  }

  /**
   * Adds a row to the open batch. Where that is full, waits until the Python thread takes it, which
   * needs nothing from this thread for that: the mails of completed rows do not wait for it. The
   * row fails where the function has failed, and is abandoned where this is closed.
   *
   * @throws IllegalArgumentException if a field does not fit its column; the batch is unchanged
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function's process has
   *     ended and cannot be replaced, or there is not enough memory for the row; the batch is
   *     unchanged
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  final synchronized void add(PendingRow row) throws InterruptedException {
    while (failure == null && !closed) {
      boolean isAdded = open.add(row);
      notifyPython();
      if (isAdded) {
        return;
      }
      wait();
    }
    if (failure != null) {
      row.fail(failure);
    } else {
      row.abandon();
    }
  }

  /** Lets the Python thread take the open batch if it is due. */
  @GuardedBy("this")
  abstract void notifyPython();

  /**
   * Completes rows.
   *
   * <p>Each completion is a mail to the task's thread. Without the lock that thread would wake for
   * the first one, add a row, and wait for the next one, row by row.
   *
   * @param results those of each row
   */
  final synchronized void complete(List<PendingRow> rows, List<Collection<RowData>> results) {
    for (int i = 0; i < results.size(); i++) {
      rows.get(i).complete(results.get(i));
    }
  }

  final synchronized boolean isClosed() {
    return closed;
  }
}
