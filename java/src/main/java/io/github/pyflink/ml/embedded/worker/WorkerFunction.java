// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static io.github.pyflink.ml.embedded.python.TimeLimit.CANCEL_LIMIT;

import io.github.pyflink.ml.embedded.python.Awaiting;
import io.github.pyflink.ml.embedded.python.Flight;
import io.github.pyflink.ml.embedded.python.FunctionListener;
import io.github.pyflink.ml.embedded.python.FunctionProcess;
import io.github.pyflink.ml.embedded.python.InterruptedCallException;
import io.github.pyflink.ml.embedded.python.NativeMetrics;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A function that runs in a worker process. Where the process ends, the function is opened again in
 * the one that replaces it.
 *
 * <p>Each slot, and the output, has the memory of one process. A slot keeps that of a process that
 * has ended, and may be written, until it is reset; the output moves with the first answer of the
 * new process.
 */
@Internal
public final class WorkerFunction implements OpenFunction {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerFunction.class);

  /** How long the function's own close may take in a job that is not cancelled. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private static final int COUNT = 3;

  /** A loop returns so often within the time limit of a call, unless a coroutine blocks it. */
  private static final int WAITS_PER_TIMEOUT = 10;

  private final WorkerModel model;
  private final WorkerPool.Lease lease;
  private final String request;
  private final Watchdog watchdog;

  /** Rows that may have ended the last process. Used by the thread that predicts only. */
  private final Suspects suspects = new Suspects();

  /** Held while the function is opened again. */
  private final ReentrantLock openLock = new ReentrantLock();

  /** The function in the process that was started last. Changed with {@link #openLock}. */
  private volatile RemoteFunction current;

  /**
   * The function whose memory is used, for each of {@link #INPUT}, {@link #OUTPUT} and {@link
   * #SECOND_INPUT}. An element is used by one thread at a time.
   */
  private final RemoteFunction[] homes = new RemoteFunction[COUNT];

  /** The columns of a slot or the output that columns of elements belong to. */
  private final Map<Integer, Integer> roots = new ConcurrentHashMap<>();

  /** Whether the last call was sent to its worker. Used by the thread that predicts only. */
  private boolean isSent;

  /** Null where nobody listens. */
  @Nullable private volatile FunctionListener listener;

  /** Those of {@link #current}, where somebody listens. Changed with {@link #openLock}. */
  @Nullable private volatile NativeMetrics metrics;

  private volatile boolean isCancelled;
  private boolean isClosed;

  private WorkerFunction(
      WorkerModel model, WorkerPool.Lease lease, String request, RemoteFunction first) {
    this.model = model;
    this.lease = lease;
    this.request = request;
    this.watchdog = new Watchdog(lease.place(), this::timedOut);
    this.current = first;
    for (int columns = 0; columns < COUNT; columns++) {
      homes[columns] = first.hold();
      roots.put(columns, columns);
    }
  }

  /**
   * Opens a function, and starts a process where the subtask has none.
   *
   * @param subtask identifies it; all its functions run in one process
   * @param request the function, its model and its columns, as JSON
   * @throws PythonException if no process can be started, or the function cannot be loaded or
   *     opened
   */
  public static WorkerFunction open(WorkerModel model, Object subtask, String request) {
    WorkerPool.Lease lease = WorkerPool.lease(model, subtask);
    try {
      return new WorkerFunction(model, lease, request, lease.place().open(request, true));
    } catch (InterruptedException e) {
      lease.release();
      Thread.currentThread().interrupt();
      throw new InterruptedCallException(model.name);
    } catch (Throwable t) {
      lease.release();
      throw t;
    }
  }

  @Override
  public void reportTo(FunctionListener listener) {
    this.listener = listener;
    openLock.lock();
    try {
      openMetrics();
    } finally {
      openLock.unlock();
    }
  }

  @Override
  public FunctionProcess process() {
    return lease.place();
  }

  /** Returns false: a process has its own GIL. */
  @Override
  public boolean waitsForGil() {
    return false;
  }

  @Override
  public Duration warmUpTime() {
    return current.warmUpTime;
  }

  @Override
  public int predict(long rowNumber) {
    return predict(INPUT, Operation.PREDICT, rowNumber, 0, 0, 1, rowNumber);
  }

  @Override
  public int predictBatch(int slot, int start, int count, long rowNumber) {
    return predict(columnsOf(slot), Operation.PREDICT_BATCH, slot, start, count, count, rowNumber);
  }

  @Override
  public Awaiting awaiting() {
    return current.awaiting;
  }

  /** Takes no turn, because no coroutine runs yet. */
  @Override
  public void start(int slot, int start, int count, long rowNumber) {
    RemoteFunction home = homes[columnsOf(slot)];
    home.worker.requireAlive();
    watchdog.setBusy(true);
    try {
      home.predict(Operation.START, slot, start, count, rowNumber);
    } finally {
      watchdog.setBusy(false);
    }
  }

  /**
   * Waits for coroutines; see {@link OpenFunction}. A function without rows in flight takes no
   * turn, so that it does not keep the others waiting.
   */
  @Override
  public int await(int slot, long microseconds, Flight flight) {
    RemoteFunction home = homes[columnsOf(slot)];
    Worker worker = home.worker;
    Lock turn = null;
    isSent = false;
    watchdog.setBusy(true);
    try {
      turn = flight.rows == 0 ? null : lockTurn(worker, flight.isSuspected);
      worker.requireAlive();
      isSent = true;
      worker.setSearches(flight.isSuspected);
      watchdog.begin();
      int result = home.predict(Operation.AWAIT, limited(microseconds), 0, 0, 0);
      return moveOutput(home) ? result | OUTPUT_MOVED : result;
    } catch (WorkerLostException e) {
      if (isSent && flight.isSuspected && flight.rows == 1) {
        throw blame(flight.rowNumber, worker.end());
      }
      throw e;
    } catch (PythonException e) {
      moveOutput(home);
      if (e.isTimeout()) { // of a coroutine
        timedOut();
      }
      throw e;
    } finally {
      watchdog.end();
      watchdog.setBusy(false);
      worker.setSearches(false);
      if (turn != null) {
        turn.unlock();
      }
    }
  }

  /** Shortens a wait, so that a call that takes longer than the time limit is one that blocks. */
  private long limited(long microseconds) {
    Duration timeout = model.options.limit.duration();
    if (timeout.isZero()) {
      return microseconds;
    }
    long limit = Math.max(1, timeout.toNanos() / 1000 / WAITS_PER_TIMEOUT);
    return microseconds < 0 ? limit : Math.min(microseconds, limit);
  }

  @Override
  public void wake() {
    current.wake();
  }

  @Override
  public LongBuffer numbers() {
    return homes[OUTPUT].numbers().order(ByteOrder.nativeOrder()).asLongBuffer();
  }

  @Override
  public boolean reset(int slot, int rows) {
    int columns = columnsOf(slot);
    if (!homes[columns].worker.isDead()) {
      try {
        return homes[columns].reset(slot, rows);
      } catch (WorkerLostException e) { // the slot moves
      }
    }
    move(columns, openAgain());
    return true;
  }

  @Override
  public IntBuffer offsets() {
    return homes[OUTPUT].offsets().order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  /** Returns the memory of the slot's process, also when that has ended. */
  @Override
  public ByteBuffer memory(int columns, int column) {
    int root = roots.get(columns);
    RemoteFunction home = homes[root];
    ByteBuffer known =
        home.worker.isDead() && root != OUTPUT ? home.knownMemory(columns, column) : null;
    return known == null ? home.memory(columns, column) : known;
  }

  @Override
  public int[] layout(int columns) {
    int root = roots.get(columns);
    int[] layout = homes[root].layout(columns);
    for (int i = 3; i < layout.length; i += 3) {
      if (layout[i] >= 0) {
        roots.put(layout[i], root);
      }
    }
    return layout;
  }

  /**
   * Grows a buffer; see {@link OpenFunction}.
   *
   * @throws WorkerLostException if the process of the slot has ended
   */
  @Override
  public ByteBuffer grow(int columns, int column, long capacity) {
    return homes[roots.get(columns)].grow(columns, column, capacity);
  }

  /**
   * Grows an arena; see {@link OpenFunction}.
   *
   * @throws WorkerLostException if the process of the slot has ended
   */
  @Override
  public void reserve(int columns, long rows) {
    homes[roots.get(columns)].reserve(columns, rows);
  }

  @Override
  public void cancel() {
    isCancelled = true;
    watchdog.cancel();
  }

  /**
   * Closes the function, and ends the process where no other function uses it. A second call does
   * nothing.
   *
   * @throws PythonException if the function's own close failed; everything is released even then
   */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    boolean interrupted = Thread.interrupted(); // which would end the wait for the worker
    try {
      closeInWorker(interrupted || isCancelled);
    } finally {
      watchdog.close();
      closeMetrics();
      current.release();
      for (RemoteFunction home : homes) {
        home.release();
      }
      lease.release();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void closeInWorker(boolean isCancelled) {
    boolean isLate = isCancelled || current.isBusy();
    Duration limit = isLate ? CANCEL_LIMIT : CLOSE_LIMIT;
    try {
      if (!current.worker.isDead() && !current.close(limit)) {
        current.worker.kill("did not close the model within " + limit.toSeconds() + " s");
      }
    } catch (WorkerLostException e) { // there is nothing left to close
      LOG.warn("{} while the model was closed", e.getMessage());
    }
  }

  private int predict(
      int columns, int operation, long a0, long a1, long a2, int count, long rowNumber) {
    RemoteFunction home = homes[columns];
    home.worker.requireAlive();
    boolean isSuspected = suspects.overlap(rowNumber, count);
    isSent = false;
    watchdog.setBusy(true);
    try {
      int result = inTurn(home, isSuspected, operation, a0, a1, a2, rowNumber);
      suspects.clear(rowNumber, count);
      return moveOutput(home) ? result | OUTPUT_MOVED : result;
    } catch (WorkerLostException e) {
      if (!isSent) { // another function's row has ended the process meanwhile
        throw e;
      }
      if (isSuspected && count == 1) {
        suspects.clear(rowNumber, count);
        throw blame(rowNumber, home.worker.end());
      }
      suspects.set(rowNumber, count);
      throw e;
    } catch (PythonException e) {
      moveOutput(home);
      if (e.isTimeout()) { // of a coroutine
        timedOut();
      }
      throw e;
    } finally {
      watchdog.setBusy(false);
    }
  }

  private int inTurn(
      RemoteFunction home,
      boolean isExclusive,
      int operation,
      long a0,
      long a1,
      long a2,
      long rowNumber) {
    Worker worker = home.worker;
    Lock turn = lockTurn(worker, isExclusive);
    try {
      worker.requireAlive();
      isSent = true;
      worker.setSearches(isExclusive);
      watchdog.begin();
      return home.predict(operation, a0, a1, a2, rowNumber);
    } finally {
      watchdog.end();
      worker.setSearches(false);
      turn.unlock();
    }
  }

  private Lock lockTurn(Worker worker, boolean isExclusive) {
    Lock turn = worker.turn(isExclusive);
    try {
      turn.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedCallException(model.name);
    }
    return turn;
  }

  private PythonException blame(long rowNumber, String end) {
    return new PythonException(
        "model '"
            + model.name
            + "', row "
            + rowNumber
            + ": the worker process "
            + end
            + " when it predicted this row, for the second time. The log of the TaskManager has what"
            + " the process printed. Correct the model, or set 'error-handling-strategy' ="
            + " 'ignore' to drop such rows.",
        0,
        watchdog.isExceeded() ? PythonException.TIMEOUT : null);
  }

  /** Returns whether the output was in another process before. */
  private boolean moveOutput(RemoteFunction target) {
    if (homes[OUTPUT] == target) {
      return false;
    }
    move(OUTPUT, target);
    return true;
  }

  /** Uses the memory of another process; the views that are in use become invalid. */
  private void move(int columns, RemoteFunction target) {
    RemoteFunction old = homes[columns];
    homes[columns] = target.hold();
    old.release();
  }

  /** Returns the function in a process that runs, where it may have been opened meanwhile. */
  private RemoteFunction openAgain() {
    watchdog.setBusy(true);
    try {
      openLock.lockInterruptibly();
      try {
        if (isCancelled) {
          throw new InterruptedCallException(model.name);
        }
        if (current.worker.isDead()) {
          RemoteFunction old = current;
          current = lease.place().open(request, false);
          closeMetrics();
          openMetrics();
          old.release();
        }
        return current;
      } finally {
        openLock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedCallException(model.name);
    } finally {
      watchdog.setBusy(false);
    }
  }

  /** Shows the metrics of a process that was just started; it may end, and then has none. */
  private void openMetrics() {
    FunctionListener to = listener;
    if (to == null) {
      return;
    }
    try {
      metrics = new NativeMetrics(current.metrics());
    } catch (WorkerLostException e) {
      LOG.debug("A worker process has ended before its metrics were read", e);
      return;
    }
    to.opened(metrics);
  }

  private void closeMetrics() {
    if (metrics != null) {
      metrics.close();
      metrics = null;
    }
  }

  private void timedOut() {
    FunctionListener to = listener;
    if (to != null) {
      to.timedOut();
    }
  }

  private static int columnsOf(int slot) {
    return slot == 0 ? INPUT : SECOND_INPUT;
  }
}
