// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.nio.ByteBuffer;

/**
 * The methods that the C extension {@code pyflink_ml_embedded._native} implements. It binds them by
 * name when Python boots, once for each class loader of this class: neither may be renamed.
 */
final class NativeBridge {

  private NativeBridge() {}

  /**
   * Loads and opens the function that the request describes.
   *
   * @param keepThreadState whether the Python thread state that is made for the calling thread
   *     stays until the thread ends
   * @return its handle, never 0
   * @throws PythonException if Python code failed
   */
  static native long open(String request, boolean keepThreadState);

  /**
   * Closes the function and frees everything behind the handle, also when it throws.
   *
   * @throws PythonException if the function's own close failed
   */
  static native void close(long handle);

  /** Returns whether the function is predicted in C, without the GIL. */
  static native boolean hasEngine(long handle);

  /**
   * Predicts row 0 of the input columns and writes the results to the output columns.
   *
   * @param rowNumber that of the row, for messages
   * @return the number of results, with {@code ColumnMemory.OUTPUT_MOVED} and {@code
   *     ColumnMemory.INPUT_MOVED} where memory moved
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   */
  static native int predict(long handle, long rowNumber);

  /**
   * Predicts rows of a slot of the input columns, and writes the results to the output columns.
   * Where it throws for one row, the results of those before it are there.
   *
   * @param rowNumber that of the first row, for messages
   * @return the number of results, with {@code ColumnMemory.OUTPUT_MOVED} where memory moved
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   */
  static native int predictBatch(long handle, int slot, int start, int count, long rowNumber);

  /** Returns how long the sample row of the option warm-up took, or 0 where none was predicted. */
  static native long warmUpNanoseconds(long handle);

  /** Returns the number of the call in progress, from 1, or 0. Does not wait for the GIL. */
  static native long call(long handle);

  /**
   * Returns the thread of the call in progress, as Python's {@code threading.get_ident}, or 0. Does
   * not wait for the GIL.
   */
  static native long thread(long handle);

  /**
   * Returns how often the GIL has been taken by another thread than before. Does not wait for it.
   */
  static native long gilSwitches();

  /**
   * Raises PredictTimeoutError in a call, if it is still in progress.
   *
   * @param reason the message of the error
   * @param force whether it is raised also where it could leave a lock of the process held
   * @return one of the numbers of {@link CallInterrupter}
   */
  static native int interrupt(long handle, long call, String reason, boolean force);

  /**
   * Returns the stacks of Python's threads; empty if they cannot be printed.
   *
   * @param withGil whether to wait for the GIL; otherwise no Python code may run meanwhile
   */
  static native String stacks(boolean withGil);

  /** Returns the ordinal of an {@link Awaiting}. */
  static native int awaits(long handle);

  /**
   * Starts coroutines; see {@link OpenFunction#start}.
   *
   * @throws PythonException if memory runs out
   */
  static native void start(long handle, int slot, int start, int count, long rowNumber);

  /**
   * Waits for coroutines; see {@link OpenFunction#await}.
   *
   * @return the number of those that are done, with {@code ColumnMemory.OUTPUT_MOVED}
   * @throws PythonException if one failed, or the loop cannot run
   */
  static native int await(long handle, long microseconds);

  /** Ends a call of {@link #await}, or the next one. Does not wait for the GIL. */
  static native void wake(long handle);

  /** Returns a view of one int64 for each coroutine: see {@link OpenFunction#numbers}. */
  static native ByteBuffer numbers(long handle);

  /**
   * Empties a slot, so that it can be written again. Where Python holds its memory, that is
   * replaced. Does not wait for the GIL.
   *
   * @param rows the number of rows that the slot has
   * @return whether its memory moved
   */
  static native boolean reset(long handle, int slot, int rows);

  /**
   * Returns a view, in native byte order, of one int32 for each row of the last batch: the offset
   * behind the row's last result. It never moves.
   */
  static native ByteBuffer offsets(long handle);

  /** Returns a view of the function's {@link NativeMetrics}. It never moves. */
  static native ByteBuffer metrics(long handle);

  /** See {@code ColumnMemory.memory}. */
  static native ByteBuffer memory(long handle, int columns, int column);

  /** See {@code ColumnMemory.layout}. */
  static native int[] layout(long handle, int columns);

  /** See {@code ColumnMemory.grow}. */
  static native ByteBuffer grow(long handle, int columns, int column, long capacity);

  /** See {@code ColumnMemory.reserve}. */
  static native void reserve(long handle, int columns, long rows);
}
