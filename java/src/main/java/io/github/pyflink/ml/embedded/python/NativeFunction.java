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
public final class NativeFunction implements ColumnMemory, AutoCloseable {

  private static final long CLOSED = 0;

  private long handle;

  private NativeFunction(long handle) {
    this.handle = handle;
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
  public static NativeFunction open(
      @Nullable String executable, String request, boolean keepThreadState) {
    PythonRuntime.start(executable);
    return new NativeFunction(NativeBridge.open(request, keepThreadState));
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
   * @param count how many rows, at most as many as the function was opened for
   * @param rowNumber that of the first row, for messages
   * @return the number of results, with {@link ColumnMemory#OUTPUT_MOVED} where memory moved
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   */
  public int predictBatch(int slot, int start, int count, long rowNumber) {
    return NativeBridge.predictBatch(handle(), slot, start, count, rowNumber);
  }

  /**
   * Makes a slot ready to be written again, without the GIL.
   *
   * @return whether its memory moved
   */
  public boolean renew(int slot, int rows) {
    return NativeBridge.renew(handle(), slot, rows);
  }

  /** Returns, for each row of the last batch, the number of results up to and with that row. */
  public IntBuffer ends() {
    return NativeBridge.ends(handle()).order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  @Override
  public ByteBuffer memory(int domain, int column) {
    return NativeBridge.memory(handle(), domain, column);
  }

  @Override
  public int[] layout(int domain) {
    return NativeBridge.layout(handle(), domain);
  }

  @Override
  public ByteBuffer grow(int domain, int column, long capacity) {
    return NativeBridge.grow(handle(), domain, column, capacity);
  }

  @Override
  public void reserve(int domain, long rows) {
    NativeBridge.reserve(handle(), domain, rows);
  }

  /**
   * Closes the function; again, does nothing.
   *
   * @throws PythonException if the function's own close failed; everything is released all the same
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
