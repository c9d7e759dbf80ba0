// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static io.github.pyflink.ml.embedded.arrow.ColumnMemory.ARENA;

import io.github.pyflink.ml.embedded.python.Awaiting;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * A function that is open in one worker, and the memory of its columns. Counts its holders; the
 * last one releases the channels and the memory.
 */
final class RemoteFunction {

  /** The number of the offsets of a batch where that of columns is expected. */
  private static final int OFFSETS = -1;

  /** The same of the function's metrics. */
  private static final int METRICS = -2;

  /** The same of the numbers of coroutines. */
  private static final int NUMBERS = -3;

  final Worker worker;
  final Awaiting awaiting;

  /** See {@link OpenFunction#warmUpTime}. */
  final Duration warmUpTime;

  private final Channel call;
  private final Channel memory;

  /** Held while {@link #call} is used. */
  private final ReentrantLock callLock = new ReentrantLock();

  /** Held while {@link #memory}, {@link #segments} or {@link #layouts} are used. */
  private final ReentrantLock memoryLock = new ReentrantLock();

  private final Segments segments = new Segments();

  /** By number of columns; looked up with the arena, so that both match. */
  private final Map<Integer, int[]> layouts = new HashMap<>();

  private final AtomicInteger holders = new AtomicInteger(1);

  private RemoteFunction(
      Worker worker, Awaiting awaiting, Duration warmUpTime, Channel call, Channel memory) {
    this.worker = worker;
    this.awaiting = awaiting;
    this.warmUpTime = warmUpTime;
    this.call = call;
    this.memory = memory;
  }

  /**
   * Connects to a function that the worker has opened, for one holder.
   *
   * @throws io.github.pyflink.ml.embedded.python.WorkerLostException if the worker has ended
   */
  static RemoteFunction connect(Worker worker, JsonNode opened) {
    Channel call = null;
    try {
      call = Channel.open(worker, opened.path("call"));
      return new RemoteFunction(
          worker,
          Awaiting.values()[opened.path("awaits").asInt()],
          Duration.ofNanos(opened.path("warm_up_nanoseconds").asLong()),
          call,
          Channel.open(worker, opened.path("memory")));
    } catch (IOException e) {
      if (call != null) {
        call.close();
      }
      throw worker.unreachable(e);
    }
  }

  RemoteFunction hold() {
    holders.incrementAndGet();
    return this;
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      call.close();
      memory.close();
      segments.close();
    }
  }

  /**
   * Predicts rows; see {@link Operation}.
   *
   * @throws PythonException if the function has failed
   */
  int predict(int operation, long a0, long a1, long a2, long a3) {
    callLock.lock();
    try {
      long result = call.call(operation, a0, a1, a2, a3);
      requireMemory(result);
      if (result == Operation.FAILED) {
        throw failure(call);
      }
      return (int) result;
    } finally {
      callLock.unlock();
    }
  }

  /**
   * Empties a slot of the input.
   *
   * @return whether its memory moved
   */
  boolean reset(int slot, int rows) {
    // The thread of the calls watches for requests after a call, and the other one most likely
    // sleeps. But while the former predicts rows of the other slot, it does not answer.
    if (callLock.tryLock()) {
      try {
        return requireMemory(call.call(Operation.RESET, slot, rows, 0, 0)) == 1;
      } finally {
        callLock.unlock();
      }
    }
    memoryLock.lock();
    try {
      return requireMemory(memory.call(Operation.RESET, slot, rows, 0, 0)) == 1;
    } finally {
      memoryLock.unlock();
    }
  }

  /**
   * Looks up a block, and the layout with an arena.
   *
   * @return a view; views of the block from before become invalid
   */
  ByteBuffer memory(int columns, int column) {
    memoryLock.lock();
    try {
      require(memory.call(Operation.MEMORY, columns, column, 0, 0));
      return update(columns, column);
    } finally {
      memoryLock.unlock();
    }
  }

  /** Returns a view of a block that was looked up before, or null. */
  @Nullable
  ByteBuffer knownMemory(int columns, int column) {
    memoryLock.lock();
    try {
      return segments.find(columns, column);
    } finally {
      memoryLock.unlock();
    }
  }

  /** Returns the layout that was looked up with the arena. */
  int[] layout(int columns) {
    memoryLock.lock();
    try {
      return layouts.get(columns);
    } finally {
      memoryLock.unlock();
    }
  }

  ByteBuffer grow(int columns, int column, long capacity) {
    memoryLock.lock();
    try {
      require(memory.call(Operation.GROW, columns, column, capacity, 0));
      return update(columns, column);
    } finally {
      memoryLock.unlock();
    }
  }

  void reserve(int columns, long rows) {
    memoryLock.lock();
    try {
      require(memory.call(Operation.RESERVE, columns, rows, 0, 0));
      require(memory.call(Operation.MEMORY, columns, ARENA, 0, 0));
      update(columns, ARENA);
    } finally {
      memoryLock.unlock();
    }
  }

  ByteBuffer offsets() {
    return block(Operation.OFFSETS, OFFSETS);
  }

  ByteBuffer numbers() {
    return block(Operation.NUMBERS, NUMBERS);
  }

  /** Ends a wait for coroutines, or the next one. Has no effect where the process has ended. */
  void wake() {
    memoryLock.lock();
    try {
      memory.call(Operation.WAKE, 0, 0, 0, 0);
    } catch (WorkerLostException e) { // which ends the wait too
    } finally {
      memoryLock.unlock();
    }
  }

  private ByteBuffer block(int operation, int key) {
    memoryLock.lock();
    try {
      require(memory.call(operation, 0, 0, 0, 0));
      return update(key, key);
    } finally {
      memoryLock.unlock();
    }
  }

  /** Returns the memory of the function's metrics, which never moves. */
  ByteBuffer metrics() {
    return block(Operation.METRICS, METRICS);
  }

  /** Returns whether a call is in progress, or its answer is unknown because of an interrupt. */
  boolean isBusy() {
    return !call.isAnswered();
  }

  /**
   * Closes the function, once a call in progress has ended.
   *
   * @return whether it answered in time
   * @throws PythonException if the function's own close failed
   */
  boolean close(Duration limit) {
    callLock.lock();
    try {
      if (!call.isAnsweredWithin(limit) || !call.callWithin(limit, Operation.CLOSE)) {
        return false;
      }
      require(call.result(0), call);
      return true;
    } finally {
      callLock.unlock();
    }
  }

  /** Looks up the block of the last answer. */
  private ByteBuffer update(int columns, int column) {
    try {
      BlockPlace place = BlockPlace.of(memory);
      if (columns < 0 || column != ARENA) {
        return segments.update(columns, column, worker, place);
      }
      int count = (int) require(memory.call(Operation.LAYOUT, columns, 0, 0, 0));
      int[] layout = memory.numbers(count);
      ByteBuffer view = segments.update(columns, column, worker, place);
      layouts.put(columns, layout);
      return view;
    } catch (IOException e) {
      throw worker.unreachable(e);
    }
  }

  private long require(long result) {
    return require(result, memory);
  }

  private static long require(long result, Channel channel) {
    requireMemory(result);
    if (result == Operation.FAILED) {
      throw failure(channel);
    }
    return result;
  }

  /** Reads the failure that is the answer: a line of names of classes, and the message. */
  private static PythonException failure(Channel channel) {
    String text = channel.text();
    int end = text.indexOf('\n');
    return new PythonException(
        text.substring(end + 1), (int) channel.result(1), text.substring(0, end));
  }

  private static long requireMemory(long result) {
    if (result == Operation.NO_MEMORY) {
      throw new OutOfMemoryError("no memory is left in the worker process");
    }
    return result;
  }
}
