// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ColumnFullException;
import io.github.pyflink.ml.embedded.arrow.ColumnMemory;
import io.github.pyflink.ml.embedded.arrow.InputColumns;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.util.ArrayList;
import java.util.List;

/** Rows in one slot of a function's input columns. For one thread at a time. */
final class Batch {

  private static final int[] SLOTS = {ColumnMemory.INPUT, ColumnMemory.SECOND_INPUT};

  private final OpenFunction function;
  private final int slot;
  private final InputColumns columns;
  private final long maxBytes;
  private final List<PendingRow> rows = new ArrayList<>();
  private long bytes;
  private boolean full;
  private long since;

  /**
   * Creates the batch of slot 0 or 1.
   *
   * @param maxBytes the most bytes that more than one row take in the columns
   */
  Batch(OpenFunction function, int slot, PythonModel model, long maxBytes) {
    this.function = function;
    this.slot = slot;
    this.maxBytes = maxBytes;
    this.columns = new InputColumns(function, SLOTS[slot], model.inputType(), model.sourceType());
  }

  /**
   * Adds a row, unless the rows before it must be predicted first: with it they would exceed the
   * limit or the capacity of a column, or their process has ended and has no memory for it. The
   * batch is full then.
   *
   * @return whether the row was added
   * @throws IllegalArgumentException if a field does not fit its column; the batch is unchanged
   */
  boolean add(PendingRow row) {
    int count = rows.size();
    if (full) {
      return false;
    }
    try {
      write(row);
    } catch (ColumnFullException | WorkerLostException e) {
      if (count == 0) {
        throw e;
      }
      full = true;
      return false;
    }
    long withRow = columns.bytes(count + 1);
    full = withRow >= maxBytes;
    if (count > 0 && withRow > maxBytes) {
      return false; // the next row that is written takes its place
    }
    bytes = withRow;
    if (count == 0) {
      since = System.nanoTime();
    }
    rows.add(row);
    return true;
  }

  /** Returns whether no row can be added, because the rows of the batch must be predicted first. */
  boolean isFull() {
    return full;
  }

  /**
   * Writes a row to the columns, behind those of the batch.
   *
   * @throws IllegalArgumentException if a field does not fit its column
   * @throws WorkerLostException if the row needs more memory, and the rows before it must be
   *     predicted or written again to get it
   */
  private void write(PendingRow row) {
    try {
      write(rows.size(), row);
    } catch (WorkerLostException e) {
      if (!rows.isEmpty()) {
        throw e;
      }
      writeFirst(row);
    }
    row.written(rows.isEmpty());
  }

  /** Returns when the first row was added, as {@link System#nanoTime}. */
  long since() {
    return since;
  }

  int size() {
    return rows.size();
  }

  /** Returns how many bytes the rows took in the columns when they were added. */
  long bytes() {
    return bytes;
  }

  /** Returns a view of rows, which is valid until the batch changes. */
  List<PendingRow> rows(int start, int count) {
    return rows.subList(start, start + count);
  }

  PendingRow row(int index) {
    return rows.get(index);
  }

  /**
   * Returns how many rows from {@code start} on, at most {@code limit}, have consecutive numbers. A
   * row that could not be written leaves a gap, and one that is predicted again comes later.
   */
  int consecutive(int start, int limit) {
    int most = Math.min(limit, rows.size() - start);
    long first = rows.get(start).number;
    int count = 1;
    while (count < most && rows.get(start + count).number == first + count) {
      count++;
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
        write(row);
        rows.add(row);
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
        write(0, row);
        return;
      } catch (WorkerLostException e) { // the process that has replaced the lost one, too
      }
    }
  }

  private void write(int index, PendingRow row) {
    try {
      columns.write(index, row.data);
    } catch (WorkerLostException e) {
      throw e;
    } catch (PythonException e) { // the column would be too large
      throw new IllegalArgumentException(e.getMessage());
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
    full = false;
  }
}
