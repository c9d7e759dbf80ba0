package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.NoRoomException;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.IntBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import javax.annotation.Nullable;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers rows into batches on the task's thread, and predicts them on a Python thread.
 *
 * <p>The task's thread writes to the open batch. As soon as Python is free, its thread takes that
 * batch and leaves the other one open. The lock is held to write one row, to swap the batches or to
 * complete rows, never while Python runs.
 *
 * <p>Owns the version and a share of the thread.
 */
final class BatchPredictor implements Predictor {

  private static final Logger LOG = LoggerFactory.getLogger(BatchPredictor.class);

  private static final Duration MAX_PAUSE = Duration.ofMillis(1);

  private enum Python {
    IDLE,
    /** A run waits for its turn on the thread. */
    QUEUED,
    RUNNING
  }

  private final PythonModel model;
  private final OpenModel version;
  private final Batching batching;
  private final ErrorHandlingStrategy errorHandling;
  private final OutputColumns output;
  private final IntBuffer ends;
  private final PythonThread thread;
  private final PredictMetrics metrics;
  private final Histogram batchSizes;

  private final Object lock = new Object();

  // Guarded by the lock.
  private Batch open;
  @Nullable private Batch free;
  private Python python = Python.IDLE;
  @Nullable private Future<?> timer;
  @Nullable private Throwable failure;
  @Nullable private Runnable whenDrained;

  /** Written under the lock. */
  private volatile boolean closed;

  /**
   * Makes the predictor of a version that was opened for such batches.
   *
   * @param threadKey that of the {@link PythonThread}
   */
  BatchPredictor(
      PythonModel model,
      OpenModel version,
      Batching batching,
      ErrorHandlingStrategy errorHandling,
      PredictMetrics metrics,
      Histogram batchSizes,
      String threadKey) {
    OpenFunction function = version.function();
    this.model = model;
    this.version = version;
    this.batching = batching;
    this.errorHandling = errorHandling;
    this.metrics = metrics;
    this.batchSizes = batchSizes;
    this.output = new OutputColumns(function, model.outputType());
    this.ends = function.offsets();
    this.open = new Batch(function, 0, model);
    this.free = new Batch(function, 1, model);
    this.thread = PythonThread.open(threadKey, model.name());
  }

  /**
   * Takes a row and returns the future of its results, which is completed once.
   *
   * @param number of the row, one more than that of the row before
   * @throws InterruptedException if it was interrupted while it waited for room, which it does only
   *     where the rows before fill 2 GiB
   */
  PendingRow predict(GenericRowData data, long number) throws InterruptedException {
    synchronized (lock) {
      PendingRow row = new PendingRow(data, number);
      if (failure != null) {
        row.fail(failure);
        return row;
      }
      try {
        add(row);
        callPython(Duration.ZERO);
      } catch (IllegalArgumentException | PythonException e) { // the latter: no memory is so large
        fail(
            row,
            new IllegalArgumentException(
                "model '" + model.name() + "', row " + row.number + ": " + e.getMessage(), e));
      }
      return row;
    }
  }

  @Override
  public OpenModel version() {
    return version;
  }

  @Override
  public void drain(Runnable whenDrained) {
    synchronized (lock) {
      this.whenDrained = whenDrained;
      if (failure == null) {
        callPython(Duration.ZERO);
      }
      reportDrained();
    }
  }

  /**
   * Completes all rows that wait, and closes the version when Python has left the function; again,
   * does nothing.
   */
  @Override
  public void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      stopTimer();
      awaitPython();
      abandonFrom(open, 0);
    }
    thread.close();
    version.close();
  }

  private void add(PendingRow row) throws InterruptedException {
    while (true) {
      try {
        open.add(row);
        return;
      } catch (NoRoomException e) {
        if (open.size() == 0) {
          throw e;
        }
        callPython(Duration.ZERO);
        lock.wait();
      }
    }
  }

  /** Queues a run, after a pause, where the open batch is due and none is queued or under way. */
  private void callPython(Duration pause) {
    if (python != Python.IDLE || open.size() == 0 || closed) {
      return;
    }
    boolean isDue = open.size() >= batching.size || whenDrained != null;
    Duration wait = isDue ? Duration.ZERO : remainingTimeout();
    if (wait.isZero()) {
      python = Python.QUEUED;
      stopTimer();
      thread.schedule(this::run, pause);
    } else if (timer == null) {
      timer = thread.schedule(this::timedOut, wait);
    }
  }

  private Duration remainingTimeout() {
    if (batching.timeout.isZero()) {
      return Duration.ZERO;
    }
    Duration remaining = batching.timeout.minusNanos(System.nanoTime() - open.since());
    return remaining.isNegative() ? Duration.ZERO : remaining;
  }

  private void timedOut() {
    synchronized (lock) {
      timer = null;
      callPython(Duration.ZERO);
    }
  }

  private void reportDrained() {
    boolean isDrained = python == Python.IDLE && (open.size() == 0 || failure != null);
    if (isDrained && whenDrained != null && !closed) {
      whenDrained.run();
      whenDrained = null;
    }
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void awaitPython() {
    boolean interrupted = false;
    while (python == Python.RUNNING) {
      try {
        lock.wait();
      } catch (InterruptedException e) {
        interrupted = true; // freeing what Python uses would end the JVM
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs on the Python thread. */
  private void run() {
    Batch batch = take();
    if (batch == null) {
      return;
    }
    long started = System.nanoTime();
    int rows = batch.size();
    Throwable unexpected = null;
    try {
      predictAll(batch);
      batch.clear();
    } catch (Throwable t) { // a fault of this code, or no memory
      unexpected = t;
    }
    give(batch, rows, Duration.ofNanos(System.nanoTime() - started), unexpected);
  }

  /** Takes the open batch, or null where the function is closed. */
  @Nullable
  private Batch take() {
    synchronized (lock) {
      if (closed) {
        python = Python.IDLE;
        return null;
      }
      python = Python.RUNNING;
      Batch batch = open;
      open = free;
      free = null;
      lock.notifyAll();
      return batch;
    }
  }

  /**
   * Gives a batch back. Where rows came while it was predicted, but fewer than it had, Python keeps
   * up with them: it pauses for as long as it worked, because a larger batch costs less a row. What
   * a call costs besides its rows is far below a millisecond, so a longer pause would gain nothing.
   */
  private void give(Batch batch, int rows, Duration worked, @Nullable Throwable unexpected) {
    synchronized (lock) {
      free = batch;
      python = Python.IDLE;
      if (unexpected != null) {
        failure = unexpected;
        failAll(batch);
        failAll(open);
      } else {
        Duration pause = worked.compareTo(MAX_PAUSE) < 0 ? worked : MAX_PAUSE;
        callPython(open.size() < rows ? pause : Duration.ZERO);
      }
      reportDrained();
      lock.notifyAll();
    }
  }

  /** Fails the rows that are not completed. */
  private void failAll(Batch batch) {
    for (int i = 0; i < batch.size(); i++) {
      batch.row(i).fail(failure);
    }
  }

  /**
   * Predicts and completes all rows. Where a call fails and the failure is not one row's, smaller
   * parts are predicted, down to single rows.
   */
  private void predictAll(Batch batch) {
    int limit = batching.size;
    int start = 0;
    while (start < batch.size()) {
      if (closed) {
        abandonFrom(batch, start);
        return;
      }
      int count = batch.consecutive(start, limit);
      try {
        batchSizes.update(count);
        if (batch.predict(start, count)) {
          output.refresh();
        }
        complete(batch, start, count);
        start += count;
        limit = limit > batching.size / 2 ? batching.size : 2 * limit;
      } catch (PythonException e) {
        output.refresh(); // native code cannot tell where it throws
        if (e.failedRow().isPresent()) {
          int failed = e.failedRow().getAsInt();
          complete(batch, start, failed);
          fail(batch.row(start + failed), e);
          start += failed + 1;
        } else {
          LOG.info("{}; predicting parts of it", e.getMessage());
          batch.rewriteFrom(start);
          start = 0;
          limit = count / 2;
        }
      }
    }
  }

  /**
   * Completes rows that were predicted in one call, from its first on.
   *
   * <p>Each completion is a mail to the task's thread. Without the lock that thread would wake for
   * the first one, add a row, and wait for the next one, row by row.
   */
  private void complete(Batch batch, int start, int count) {
    List<Collection<RowData>> results = new ArrayList<>(count);
    int from = 0;
    for (int i = 0; i < count; i++) {
      int to = ends.get(i);
      results.add(output.read(from, to));
      from = to;
    }
    synchronized (lock) {
      for (int i = 0; i < count; i++) {
        batch.row(start + i).complete(results.get(i));
      }
    }
    metrics.succeeded(count);
  }

  private void fail(PendingRow row, RuntimeException cause) {
    metrics.failed();
    if (errorHandling == ErrorHandlingStrategy.IGNORE) {
      LOG.warn("A row is dropped: {}", cause.getMessage());
      row.complete(List.of());
    } else {
      row.fail(cause);
    }
  }

  private static void abandonFrom(Batch batch, int start) {
    for (int i = start; i < batch.size(); i++) {
      batch.row(i).abandon();
    }
  }
}
