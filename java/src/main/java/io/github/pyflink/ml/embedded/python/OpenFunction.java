// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import io.github.pyflink.ml.embedded.arrow.ColumnMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/**
 * An open Python predict function. Owns it and its columns; closing releases them, and views of the
 * columns must not be used afterwards. For one thread at a time, but for the two slots of the
 * input, of which one may be written while rows of the other are predicted.
 */
@Internal
public final class OpenFunction implements ColumnMemory, AutoCloseable {

  /**
   * The stack of a thread that runs Python: twice what CPython's limits are made for. Only pages
   * that are used take memory.
   */
  public static final long STACK_BYTES = 16 << 20;

  private static final long CLOSED = 0;

  private long handle;

  private OpenFunction(long handle) {
    this.handle = handle;
  }

  /**
   * Begins to start Python in this JVM where it does not run yet, so that {@link #open} waits less.
   * Does not throw: {@code open} reports a failure.
   *
   * @param executable the Python to run, or null for the first on the PATH
   */
  public static void prepare(@Nullable String executable) {
    PythonRuntime.startEarly(executable);
  }

  /**
   * Starts Python in this JVM where it does not run yet, and opens a function.
   *
   * @param executable the Python to run, or null for the first on the PATH
   * @param request the function, its model and its columns, as JSON
   * @param keepThreadState whether the Python thread state of the calling thread is kept, as
   *     libraries need it; not where PemJa makes one for the same thread later
   * @throws PythonException if Python cannot run, or the function cannot be loaded or opened
   */
  public static OpenFunction open(
      @Nullable String executable, String request, boolean keepThreadState) {
    PythonRuntime.start(executable);
    return new OpenFunction(NativeBridge.open(request, keepThreadState));
  }

  /** Returns whether the function is predicted in C, so that threads do not wait for the GIL. */
  public boolean hasEngine() {
    return NativeBridge.hasEngine(handle());
  }

  /**
   * Predicts row 0 of the input columns.
   *
   * @param rowNumber that of the row, for messages
   * @return the number of rows in the output columns, with {@link ColumnMemory#OUTPUT_MOVED} and
   *     {@link ColumnMemory#INPUT_MOVED} where memory moved
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   */
  public int predict(long rowNumber) {
    return NativeBridge.predict(handle(), rowNumber);
  }

  /**
   * Predicts rows of a slot; of a function that was opened for batches. Where it throws for one
   * row, the results of those before it are in the output columns.
   *
   * @param slot 0 for {@link ColumnMemory#INPUT}, 1 for {@link ColumnMemory#SECOND_INPUT}
   * @param start the first row
   * @param count the number of rows, at most that which the function was opened for
   * @param rowNumber that of the first row, for messages
   * @return the number of results, with {@link ColumnMemory#OUTPUT_MOVED} where memory moved
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   */
  public int predictBatch(int slot, int start, int count, long rowNumber) {
    return NativeBridge.predictBatch(handle(), slot, start, count, rowNumber);
  }

  /**
   * Empties a slot, so that it can be written again, without the GIL.
   *
   * @param rows the number of rows that the slot has
   * @return whether its memory moved
   */
  public boolean reset(int slot, int rows) {
    return NativeBridge.reset(handle(), slot, rows);
  }

  /** Returns, for each row of the last batch, the offset behind its last result. */
  public IntBuffer offsets() {
    return NativeBridge.offsets(handle()).order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  @Override
  public ByteBuffer memory(int columns, int column) {
    return NativeBridge.memory(handle(), columns, column);
  }

  @Override
  public int[] layout(int columns) {
    return NativeBridge.layout(handle(), columns);
  }

  @Override
  public ByteBuffer grow(int columns, int column, long capacity) {
    return NativeBridge.grow(handle(), columns, column, capacity);
  }

  @Override
  public void reserve(int columns, long rows) {
    NativeBridge.reserve(handle(), columns, rows);
  }

  /**
   * Closes the function. A second call does nothing.
   *
   * @throws PythonException if the function's own close failed; everything is released even then
   */
  @Override
  public void close() {
    if (handle != CLOSED) {
      long open = handle;
      handle = CLOSED;
      NativeBridge.close(open);
    }
  }

  private long handle() {
    if (handle == CLOSED) {
      throw new IllegalStateException("The Python function is closed");
    }
    return handle;
  }
}
