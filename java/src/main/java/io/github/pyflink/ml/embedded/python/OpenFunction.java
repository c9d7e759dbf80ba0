// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import io.github.pyflink.ml.embedded.arrow.ColumnMemory;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/**
 * An open Python predict function. Owns it and its columns; closing releases them, and views of the
 * columns must not be used afterwards. For one thread at a time, but for the two slots of the
 * input, of which one may be written while rows of the other are predicted.
 */
@Internal
public interface OpenFunction extends ColumnMemory, AutoCloseable {

  /** Returns whether a call waits for other functions in this JVM, because they hold its GIL. */
  boolean waitsForGil();

  /** Returns how long the sample row of the option warm-up took; 0 if none was predicted. */
  Duration warmUpTime();

  /** Reports to a listener what happens to the function. Called once, before rows are predicted. */
  void reportTo(FunctionListener listener);

  /** Returns the process that the function runs in, or null where that is this JVM. */
  @Nullable
  FunctionProcess process();

  /**
   * Predicts row 0 of the input columns.
   *
   * @param rowNumber that of the row, for messages
   * @return the number of rows in the output columns, with {@link ColumnMemory#OUTPUT_MOVED} and
   *     {@link ColumnMemory#INPUT_MOVED} where memory moved
   * @throws WorkerLostException if the process of the function has ended
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   * @throws InterruptedCallException if the function was cancelled, or the thread interrupted
   */
  int predict(long rowNumber);

  /**
   * Predicts rows of a slot; of a function that was opened for batches. Where it throws for one
   * row, the results of those before it are in the output columns.
   *
   * @param slot 0 for {@link ColumnMemory#INPUT}, 1 for {@link ColumnMemory#SECOND_INPUT}
   * @param start the first row
   * @param count the number of rows, at most that which the function was opened for
   * @param rowNumber that of the first row, for messages
   * @return the number of results, with {@link ColumnMemory#OUTPUT_MOVED} where memory moved
   * @throws WorkerLostException if the process of the function has ended
   * @throws PythonException if Python code failed, or a result does not fit the output columns
   * @throws InterruptedCallException if the function was cancelled
   */
  int predictBatch(int slot, int start, int count, long rowNumber);

  /**
   * Returns what {@link #start} starts; if nothing, neither it nor {@link #await} may be called.
   */
  Awaiting awaiting();

  /**
   * Starts coroutines for rows of a slot, which hold copies: one for each row, or one for a batch.
   * Where it throws for one row, those before it are in flight.
   *
   * @param slot as in {@link #predictBatch}
   * @param start the first row
   * @param count the number of rows, at most that which the function was opened for in a batch
   * @param rowNumber that of the first row; a row in flight is known by it
   * @throws WorkerLostException if the process of the function has ended
   * @throws PythonException if memory runs out
   */
  void start(int slot, int start, int count, long rowNumber);

  /**
   * Waits until something in flight is done, {@link #wake} is called, or time has passed. Where it
   * throws for one coroutine, the results of those before it are in the output columns, and {@link
   * #numbers} has its number too. Those that are not taken by a call are left for the next one.
   *
   * @param slot the slot that was started last
   * @param microseconds the time; 0 does not wait, and a negative one has no limit
   * @param flight the rows in flight
   * @return the number of coroutines that are done, with {@link ColumnMemory#OUTPUT_MOVED} where
   *     memory moved
   * @throws WorkerLostException if the process of the function has ended, and all that was in
   *     flight with it
   * @throws PythonException if a coroutine failed, or its result does not fit the output columns;
   *     without {@link PythonException#failedRow} if the loop of the function cannot run
   */
  int await(int slot, long microseconds, Flight flight);

  /** Ends a call of {@link #await} on another thread, or the next one. Does not wait for Python. */
  void wake();

  /**
   * Returns, for each coroutine that the last call of {@link #await} has returned, the number of
   * its first row. They move when the output does.
   */
  LongBuffer numbers();

  /**
   * Empties a slot, so that it can be written again. Where the process of the function has ended,
   * the slot moves to the process that replaces it.
   *
   * @param rows the number of rows that the slot has
   * @return whether its memory moved
   */
  boolean reset(int slot, int rows);

  /**
   * Returns, for each row of the last batch, the offset behind its last result. They move when the
   * output does.
   */
  IntBuffer offsets();

  /**
   * Ends a call in progress on another thread where that is possible, because the function will be
   * closed. Does not wait.
   */
  void cancel();

  /**
   * Closes the function. A second call does nothing.
   *
   * @throws PythonException if the function's own close failed; everything is released even then
   */
  @Override
  void close();
}
