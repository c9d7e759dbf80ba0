// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ColumnMemory;
import io.github.pyflink.ml.embedded.arrow.InputColumns;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.util.ArrayList;
import java.util.List;

/** Rows in one slot of a function's input columns. For one thread at a time. */
final class Batch {

  private static final int[] SLOTS = {ColumnMemory.INPUT, ColumnMemory.SECOND_INPUT};

  private final OpenFunction function;
  private final int slot;
  private final InputColumns columns;
  private final List<PendingRow> rows = new ArrayList<>();
  private long since;

  /** Creates the batch of slot 0 or 1. */
  Batch(OpenFunction function, int slot, PythonModel model) {
    this.function = function;
    this.slot = slot;
    this.columns = new InputColumns(function, SLOTS[slot], model.inputType(), model.sourceType());
  }

  /**
   * Writes a row to the columns.
   *
   * @throws IllegalArgumentException if a field does not fit its column; the batch is unchanged
   * @throws WorkerLostException if the row needs more memory, and the rows before it must be
   *     predicted or written again to get it; the batch is unchanged
   */
  void add(PendingRow row) {
    try {
      columns.write(rows.size(), row.data);
    } catch (WorkerLostException e) {
      if (!rows.isEmpty()) {
        throw e;
      }
      writeFirst(row);
    }
    rows.add(row);
    if (rows.size() == 1) {
      since = System.nanoTime();
    }
  }

  /** Returns when the first row was added, as {@link System#nanoTime}. */
  long since() {
    return since;
  }

  int size() {
    return rows.size();
  }

  PendingRow row(int index) {
    return rows.get(index);
  }

  /**
   * Returns how many rows from {@code start} on, at most {@code limit}, have consecutive numbers. A
   * row that could not be written leaves a gap.
   */
  int consecutive(int start, int limit) {
    int count = Math.min(limit, rows.size() - start);
    while (rows.get(start + count - 1).number - rows.get(start).number != count - 1) {
      count--;
    }
    return count;
  }

  /**
   * Predicts rows; see {@link OpenFunction#predictBatch}.
   *
   * @return whether memory of the output moved
   */
  boolean predict(int start, int count) {
    int result = function.predictBatch(slot, start, count, rows.get(start).number);
    return (result & ColumnMemory.OUTPUT_MOVED) != 0;
  }

  /** Starts coroutines for rows; see {@link OpenFunction#start}. */
  void start(int start, int count) {
    function.start(slot, start, count, rows.get(start).number);
  }

  /** Returns the number of the slot. */
  int slot() {
    return slot;
  }

  /**
   * Drops the rows before {@code start} and writes the others again, because user code may have
   * changed the memory that was exported to it, or its process has ended.
   */
  void rewriteFrom(int start) {
    List<PendingRow> kept = List.copyOf(rows.subList(start, rows.size()));
    boolean isWritten = false;
    try {
      while (!isWritten) {
        isWritten = tryRewrite(kept);
      }
    } finally {
      if (!isWritten) { // the caller fails the rows
        rows.clear();
        rows.addAll(kept);
      }
    }
  }

  private boolean tryRewrite(List<PendingRow> kept) {
    try {
      clear();
      for (PendingRow row : kept) {
        add(row);
      }
      return true;
    } catch (WorkerLostException e) { // the process that has replaced the lost one, too
      return false;
    }
  }

  /** Writes the first row where a process has ended. */
  private void writeFirst(PendingRow row) {
    while (true) {
      try {
        clear();
        columns.write(0, row.data);
        return;
      } catch (WorkerLostException e) { // the process that has replaced the lost one, too
      }
    }
  }

  /** Fails the rows that are not completed. */
  void fail(Throwable cause) {
    for (PendingRow row : rows) {
      row.fail(cause);
    }
  }

  /** Completes the rows from {@code start} on, which nobody will predict. */
  void abandonFrom(int start) {
    for (PendingRow row : rows.subList(start, rows.size())) {
      row.abandon();
    }
  }

  /** Removes all rows. */
  void clear() {
    if (function.reset(slot, rows.size())) {
      columns.expire();
    }
    rows.clear();
  }
}
