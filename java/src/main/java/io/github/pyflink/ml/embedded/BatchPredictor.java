// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import java.nio.IntBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predicts rows in batches on a Python thread. Takes no lock: the task's thread and the Python
 * thread meet only in the {@link BatchQueue}.
 *
 * <p>Owns the version and a share of the thread; closing releases them.
 */
final class BatchPredictor implements AsyncPredictor {

  /** How long a row waits that does not fit into the batch. */
  private static final Duration FULL_DELAY = Duration.ofMillis(1);

  private static final Logger LOG = LoggerFactory.getLogger(BatchPredictor.class);

  private final PythonModel model;
  private final OpenModel version;
  private final BatchLimit batchLimit;
  private final FailedRows failedRows;
  private final PredictMetrics metrics;
  private final BatchHistograms histograms;
  private final PythonThread thread;
  private final BatchQueue queue;

  // Used by the Python thread, and by close when that has left.
  private final WaitingTimes waitingTimes;
  private final HeapNeeds heapNeeds;

  /** When the last call ended, or the time of the next one began, as {@link System#nanoTime}. */
  private long calledSince = System.nanoTime();

  private final OutputColumns output;
  private IntBuffer offsets;

  /**
   * Creates the predictor of a version that was opened for batches of that size.
   *
   * @param threadKey the key of the {@link PythonThread}
   */
  BatchPredictor(
      PythonModel model,
      OpenModel version,
      Batching batching,
      InFlight inFlight,
      FailedRows failedRows,
      PredictMetrics metrics,
      BatchHistograms histograms,
      String threadKey) {
    OpenFunction function = version.function();
    this.model = model;
    this.version = version;
    this.batchLimit = new BatchLimit(model.name(), batching.size, System::nanoTime);
    this.failedRows = failedRows;
    this.metrics = metrics;
    this.histograms = histograms;
    this.waitingTimes =
        new WaitingTimes(model.name(), inFlight, batching.size, function.warmUpTime());
    this.heapNeeds = new HeapNeeds(model.name(), inFlight);
    this.output = model.outputColumns(function);
    this.offsets = function.offsets();
    Batch first = new Batch(function, 0, model, batching.maxBytes());
    Batch second = new Batch(function, 1, model, batching.maxBytes());
    this.thread = PythonThread.open(threadKey, model.name());
    this.queue = new BatchQueue(first, second, batching, thread, this::predictBatch);
  }

  @Override
  public void add(PendingRow row) throws InterruptedException {
    queue.add(row);
  }

  @Override
  public OpenModel version() {
    return version;
  }

  @Override
  public void drain(Runnable whenDrained) {
    queue.drain(whenDrained);
  }

  @Override
  public void close() {
    if (queue.close(version.function()::cancel)) {
      waitingTimes.close();
      thread.close();
      version.close();
    }
  }

  /** Runs on the Python thread. */
  private void predictBatch() {
    Batch batch = queue.take();
    if (batch == null) {
      return;
    }
    long started = System.nanoTime();
    try {
      addDue(batch);
    } catch (Throwable t) { // no memory, or no process
      queue.fail(batch, t);
      return;
    }
    if (batch.since() - calledSince > 0) { // else the rows waited for Python or another subtask
      calledSince = started;
    }
    int rows = batch.size();
    if (batch.isFull()) {
      heapNeeds.check(batch.bytes() / rows);
    }
    try {
      predictAll(batch);
      batch.clear();
    } catch (Throwable t) { // a fault of this code, or no memory
      waitingTimes.observeUnfinished(
          Math.max(1, Math.min(rows, batchLimit.rows())), System.nanoTime() - calledSince);
      queue.fail(batch, t);
      return;
    }
    queue.release(batch, rows, Duration.ofNanos(System.nanoTime() - started));
  }

  /** Adds the rows that have waited for their next try. */
  private void addDue(Batch batch) {
    PendingRow row;
    while ((row = queue.takeDue()) != null) {
      try {
        if (!batch.add(row)) { // the other rows go first
          queue.retry(row, FULL_DELAY);
        }
      } catch (Throwable t) {
        row.fail(t);
        throw t;
      }
    }
  }

  /**
   * Predicts and completes all rows. Where a call fails and no single row is the cause, halves of
   * its rows are predicted, down to single rows, and whole batches again behind them.
   */
  private void predictAll(Batch batch) {
    int start = 0;
    int suspects = 0; // the end of the rows of the call that has failed last
    while (start < batch.size()) {
      if (queue.isClosed()) {
        batch.abandonFrom(start);
        return;
      }
      int limit = batchLimit.rows();
      if (start < suspects) {
        limit = Math.min(limit, Math.max(1, (suspects - start) / 2));
      }
      int count = batch.consecutive(start, limit);
      try {
        start += predictPart(batch, start, count);
      } catch (PythonException e) {
        if (!queue.isClosed()) {
          boolean isShortOfMemory = count > 1 && BatchLimit.isExceededIn(e);
          if (isShortOfMemory) {
            batchLimit.exceeded(count, FailureKind.className(e));
          } else {
            LOG.info("{}; predicting parts of the batch", e.getMessage());
          }
          batch.rewriteFrom(start);
          start = 0;
          suspects = isShortOfMemory ? 0 : count;
        }
      }
    }
  }

  /**
   * Predicts rows in one call, and completes them.
   *
   * @return the number of rows that are completed or failed
   * @throws PythonException if the call fails and no single row is the cause
   */
  private int predictPart(Batch batch, int start, int count) {
    long called = System.nanoTime();
    try {
      if (batch.predict(start, count)) {
        expireOutput();
      }
      histograms.called(count);
      complete(batch, start, count, called);
      long now = System.nanoTime();
      waitingTimes.observe(count, now - calledSince);
      calledSince = now;
      return count;
    } catch (PythonException e) {
      expireOutput(); // an exception carries no bit that says whether memory has moved
      if (FailureKind.of(e) != FailureKind.WORKER) {
        histograms.called(count);
      }
      if (!e.failedRow().isPresent()) {
        throw e;
      }
      int failed = e.failedRow().getAsInt();
      complete(batch, start, failed, called);
      fail(batch.row(start + failed), e);
      return failed + 1;
    }
  }

  private void expireOutput() {
    output.expire();
    offsets = null;
  }

  /** Completes the first rows of the last call, which began at a time. */
  private void complete(Batch batch, int start, int count, long called) {
    if (count == 0) {
      return;
    }
    if (offsets == null) {
      offsets = version.function().offsets();
    }
    List<Collection<RowData>> results = new ArrayList<>(count);
    int from = 0;
    for (int i = 0; i < count; i++) {
      int to = offsets.get(i);
      results.add(output.read(from, to));
      from = to;
    }
    for (int i = start; i < start + count; i++) {
      histograms.completed(batch.row(i), called);
    }
    queue.complete(batch.rows(start, count), results);
    metrics.succeeded(count, from);
  }

  private void fail(PendingRow row, RuntimeException cause) {
    Duration wait = failedRows.retryAfter(row.countTry(), cause);
    if (wait == null) {
      failedRows.resolve(row, cause);
    } else {
      queue.retry(row, wait);
    }
  }
}
