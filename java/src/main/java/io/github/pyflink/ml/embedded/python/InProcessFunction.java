// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A function that runs in this JVM, on the threads that call it. */
@Internal
public final class InProcessFunction implements OpenFunction {

  /**
   * The stack of a thread that runs Python: twice what CPython's limits are made for. Only pages
   * that are used take memory.
   */
  public static final long STACK_BYTES = 16 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(InProcessFunction.class);

  private static final long CLOSED = 0;

  private final String model;
  private final CallWatch watch;
  private long handle;

  // Null where nobody listens.
  @Nullable private FunctionListener listener;
  @Nullable private NativeMetrics metrics;

  private InProcessFunction(String model, String subtask, long handle, TimeLimit limit) {
    this.model = model;
    this.handle = handle;
    this.watch = new CallWatch(model, subtask, handle, limit);
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
   * Starts Python in this JVM where it does not run yet.
   *
   * @param executable the Python to run, or null for the first on the PATH
   * @throws PythonException if Python cannot run
   */
  public static void start(@Nullable String executable) {
    PythonRuntime.start(executable);
  }

  /**
   * Opens a function in the running Python.
   *
   * @param model its name
   * @param subtask describes the subtask that calls it
   * @param request the function, its model and its columns, as JSON
   * @param keepThreadState whether the Python thread state of the calling thread is kept, as
   *     libraries need it; not where PemJa makes one for the same thread later
   * @param limit the time limit of its calls
   * @throws PythonException if the function cannot be loaded or opened
   */
  public static InProcessFunction open(
      String model, String subtask, String request, boolean keepThreadState, TimeLimit limit) {
    long handle = NativeBridge.open(request, keepThreadState);
    if (limit.isSet() && NativeBridge.hasEngine(handle)) {
      LOG.warn(
          "Model '{}' is predicted without Python, which 'predict-timeout' cannot end. Remove the"
              + " option, set 'properties.engine' to 'python', or 'execution-mode' to 'process'.",
          model);
    }
    return new InProcessFunction(model, subtask, handle, limit);
  }

  @Override
  public void reportTo(FunctionListener listener) {
    this.listener = listener;
    metrics = new NativeMetrics(NativeBridge.metrics(handle()));
    listener.opened(metrics);
  }

  @Override
  @Nullable
  public FunctionProcess process() {
    return null;
  }

  /** Returns false for functions that are predicted in C. */
  @Override
  public boolean waitsForGil() {
    return !NativeBridge.hasEngine(handle());
  }

  @Override
  public Duration warmUpTime() {
    return Duration.ofNanos(NativeBridge.warmUpNanoseconds(handle()));
  }

  @Override
  public int predict(long rowNumber) {
    watch.begin(rowNumber, 1);
    try {
      return NativeBridge.predict(handle(), rowNumber);
    } catch (PythonException e) {
      throw ofCall(e);
    }
  }

  @Override
  public int predictBatch(int slot, int start, int count, long rowNumber) {
    watch.begin(rowNumber, count);
    try {
      return NativeBridge.predictBatch(handle(), slot, start, count, rowNumber);
    } catch (PythonException e) {
      throw ofCall(e);
    }
  }

  /** Returns what a failed call throws. A row whose call was cancelled has not failed. */
  private RuntimeException ofCall(PythonException failure) {
    if (watch.isCancelled()) {
      return new InterruptedCallException(model);
    }
    if (failure.isTimeout() && listener != null) {
      listener.timedOut();
    }
    return failure;
  }

  @Override
  public Awaiting awaiting() {
    return Awaiting.values()[NativeBridge.awaits(handle())];
  }

  @Override
  public void start(int slot, int start, int count, long rowNumber) {
    watch.begin(rowNumber, count);
    try {
      NativeBridge.start(handle(), slot, start, count, rowNumber);
    } catch (PythonException e) {
      throw ofCall(e);
    }
  }

  @Override
  public int await(int slot, long microseconds, Flight flight) {
    watch.begin(CallWatch.NO_NUMBER, flight.rows);
    try {
      return NativeBridge.await(handle(), microseconds);
    } catch (PythonException e) {
      throw ofCall(e);
    }
  }

  @Override
  public void wake() {
    NativeBridge.wake(handle());
  }

  @Override
  public LongBuffer numbers() {
    return NativeBridge.numbers(handle()).order(ByteOrder.nativeOrder()).asLongBuffer();
  }

  /** Does not wait for the GIL. */
  @Override
  public boolean reset(int slot, int rows) {
    return NativeBridge.reset(handle(), slot, rows);
  }

  @Override
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

  /** Has no effect on native code, which cannot be interrupted. */
  @Override
  public void cancel() {
    watch.cancel();
  }

  @Override
  public void close() {
    if (handle != CLOSED) {
      long open = handle;
      handle = CLOSED;
      watch.close();
      if (metrics != null) {
        metrics.close();
      }
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
