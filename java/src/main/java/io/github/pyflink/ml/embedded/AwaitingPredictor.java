// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ColumnMemory;
import io.github.pyflink.ml.embedded.arrow.OutputColumns;
import io.github.pyflink.ml.embedded.python.Awaiting;
import io.github.pyflink.ml.embedded.python.Flight;
import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predicts rows by coroutines, of which many are in flight at once, in an event loop that runs on a
 * Python thread as long as this is open. The task's thread and that thread meet only in the {@link
 * ArrivingRows}.
 *
 * <p>Owns the version and the thread; closing releases them.
 */
final class AwaitingPredictor implements AsyncPredictor {

  private static final Logger LOG = LoggerFactory.getLogger(AwaitingPredictor.class);

  private static final int COUNT = ~ColumnMemory.OUTPUT_MOVED;

  private final PythonModel model;
  private final OpenModel version;
  private final OpenFunction function;
  private final Batching batching;
  private final boolean inBatches;
  private final FailedRows failedRows;
  private final PredictMetrics metrics;
  private final BatchHistograms histograms;
  private final PythonThread thread;
  private final ArrivingRows arriving;

  // Used by the Python thread only.
  private final BatchLimit batchLimit;
  private final HeapNeeds heapNeeds;
  private final OutputColumns output;
  private IntBuffer offsets;
  private LongBuffer numbers;

  /** Empty, but while its rows are started. */
  private Batch batch;

  /** By the number of the first row. */
  private final Map<Long, Call> flying = new HashMap<>();

  private int flyingRows;

  /** Rows to start before those that arrive. */
  private final Deque<List<PendingRow>> again = new ArrayDeque<>();

  /** Rows that wait for their next try. */
  private final PriorityQueue<Retry> retries =
      new PriorityQueue<>((a, b) -> Long.signum(a.due - b.due));

  /** Rows that were in flight when a process ended. They are started in groups. */
  private final Deque<PendingRow> suspects = new ArrayDeque<>();

  /** How many of them, at the front, may have ended the process that ended last. */
  private int narrowed;

  /** Whether the rows in flight are such a group. */
  private boolean searches;

  /** Creates the predictor of a version that was opened for batches of that size. */
  AwaitingPredictor(
      PythonModel model,
      OpenModel version,
      Batching batching,
      InFlight inFlight,
      FailedRows failedRows,
      PredictMetrics metrics,
      BatchHistograms histograms) {
    this.model = model;
    this.version = version;
    this.function = version.function();
    this.batching = batching;
    this.inBatches = function.awaiting() == Awaiting.BATCHES;
    this.failedRows = failedRows;
    this.metrics = metrics;
    this.histograms = histograms;
    this.batchLimit = new BatchLimit(model.name(), batching.size, System::nanoTime);
    this.heapNeeds = new HeapNeeds(model.name(), inFlight);
    this.output = model.outputColumns(function);
    this.batch = new Batch(function, 1, model, batching.maxBytes());
    Batch open = new Batch(function, 0, model, batching.maxBytes());
    this.arriving = new ArrivingRows(open, batching, inBatches, function::wake);
    this.thread = PythonThread.open(UUID.randomUUID().toString(), model.name());
    thread.schedule(this::run, Duration.ZERO);
  }

  @Override
  public void add(PendingRow row) throws InterruptedException {
    arriving.add(row);
  }

  @Override
  public OpenModel version() {
    return version;
  }

  @Override
  public void drain(Runnable whenDrained) {
    arriving.drain(whenDrained);
  }

  @Override
  public void close() {
    if (arriving.close(function::cancel)) {
      thread.close();
      version.close();
    }
  }

  /** Runs on the Python thread until this is closed. */
  private void run() {
    Throwable failure = null;
    try {
      while (!arriving.isClosed()) {
        try {
          startRows();
          await();
        } catch (WorkerLostException e) {
          recover();
        }
      }
    } catch (Throwable t) { // a fault of this code, no memory, or a loop that cannot run
      failure = t;
    }
    for (PendingRow row : unfinished()) {
      if (failure == null || arriving.isClosed()) {
        row.abandon();
      } else {
        row.fail(failure);
      }
    }
    arriving.leave(failure);
  }

  /** Starts what can be started: while groups of suspects are left, nothing else. */
  private void startRows() {
    if (!suspects.isEmpty() && flyingRows > 0) {
      return;
    }
    searches = narrowed > 0;
    if (!suspects.isEmpty()) {
      startAgain(nextSuspects());
      return;
    }
    long now = System.nanoTime();
    while (!retries.isEmpty() && retries.peek().due - now <= 0) {
      again.add(List.of(retries.poll().row));
    }
    while (!again.isEmpty()) {
      startAgain(again.poll());
    }
    Batch arrived = arriving.take(batch, flyingRows > 0);
    if (arrived != null) {
      batch = arrived;
      if (batch.isFull()) {
        heapNeeds.check(batch.bytes() / batch.size());
      }
      startBatch();
    } else if (flyingRows == 0 && retries.isEmpty()) {
      arriving.reportDrained();
    }
  }

  /** Returns half of the rows that may have ended a process; or the others, once that is found. */
  private List<PendingRow> nextSuspects() {
    int count = searches ? Math.max(1, narrowed / 2) : suspects.size();
    narrowed = Math.max(0, narrowed - count);
    List<PendingRow> group = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      group.add(suspects.poll());
    }
    return group;
  }

  private void startAgain(List<PendingRow> rows) {
    int written = 0;
    while (written < rows.size() && batch.add(rows.get(written))) {
      written++;
    }
    if (written < rows.size()) { // rows of several batches, or a process that has ended
      again.addFirst(rows.subList(written, rows.size()));
    }
    startBatch();
  }

  /** Starts the rows of the batch, and empties it. */
  private void startBatch() {
    int start = 0;
    try {
      while (start < batch.size()) {
        int count = batch.consecutive(start, inBatches ? batchLimit.rows() : batch.size());
        start += startPart(start, count);
      }
    } catch (WorkerLostException e) {
      keepFrom(start);
      throw e;
    }
    batch.clear();
  }

  /** Keeps the rows of the batch that were not started. */
  private void keepFrom(int start) {
    List<PendingRow> rows = new ArrayList<>();
    for (int i = start; i < batch.size(); i++) {
      rows.add(batch.row(i));
    }
    again.addFirst(rows);
  }

  /** Starts rows, and returns the number of those that are in flight or have failed. */
  private int startPart(int start, int count) {
    try {
      batch.start(start, count);
    } catch (WorkerLostException e) {
      throw e;
    } catch (PythonException e) {
      int failed = e.failedRow().orElseThrow(() -> e);
      fly(start, failed);
      fail(batch.row(start + failed), e);
      return failed + 1;
    }
    fly(start, count);
    return count;
  }

  private void fly(int start, int count) {
    long started = System.nanoTime();
    if (inBatches) {
      List<PendingRow> rows = new ArrayList<>(count);
      for (int i = start; i < start + count; i++) {
        rows.add(batch.row(i));
      }
      flying.put(rows.get(0).number, new Call(rows, started));
    } else {
      for (int i = start; i < start + count; i++) {
        flying.put(batch.row(i).number, new Call(List.of(batch.row(i)), started));
      }
    }
    flyingRows += count;
  }

  private void await() {
    int calls;
    try {
      long wait = arriving.beginWait(suspects.isEmpty(), flyingRows > 0 || !retries.isEmpty());
      calls = function.await(batch.slot(), untilRetry(wait), flight());
    } catch (WorkerLostException e) {
      throw e;
    } catch (PythonException e) {
      arriving.endWait();
      expireOutput(); // an exception carries no bit that says whether memory has moved
      landFailed(e);
      return;
    } finally {
      arriving.endWait();
    }
    if ((calls & ColumnMemory.OUTPUT_MOVED) != 0) {
      expireOutput();
    }
    land(calls & COUNT);
  }

  /** Shortens a wait, which has no limit where it is negative, to that for the next retry. */
  private long untilRetry(long microseconds) {
    if (retries.isEmpty() || !suspects.isEmpty()) {
      return microseconds;
    }
    long left = Math.max(0, retries.peek().due - System.nanoTime() + 999) / 1000;
    return microseconds < 0 ? left : Math.min(microseconds, left);
  }

  private Flight flight() {
    boolean isSuspected = searches && flyingRows > 0;
    long number = isSuspected ? flying.keySet().iterator().next() : 0;
    return new Flight(flyingRows, number, isSuspected);
  }

  private void expireOutput() {
    output.expire();
    offsets = null;
    numbers = null;
  }

  /** Completes the rows of the first calls that the last wait has returned. */
  private void land(int calls) {
    if (calls == 0) {
      return;
    }
    if (offsets == null) {
      offsets = function.offsets();
      numbers = function.numbers();
    }
    List<PendingRow> rows = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      rows.addAll(flying.get(numbers.get(i)).rows);
    }
    List<Collection<RowData>> results = new ArrayList<>(rows.size());
    int from = 0;
    for (int i = 0; i < rows.size(); i++) {
      int to = offsets.get(i);
      results.add(output.read(from, to));
      from = to;
    }
    for (int i = 0; i < calls; i++) { // now, because the process may end before they are read
      Call call = takeDown(numbers.get(i));
      call.rows.forEach(row -> histograms.completed(row, call.started));
    }
    arriving.complete(rows, results);
    metrics.succeeded(rows.size(), from);
  }

  /** Completes the rows of the calls before the one that has failed, and handles that one. */
  private void landFailed(PythonException failure) {
    int failed = failure.failedRow().orElseThrow(() -> failure);
    List<PendingRow> rows;
    if (flying.size() == 1) { // its process may have ended, with the numbers
      rows = takeDown(flying.keySet().iterator().next()).rows;
    } else {
      land(failed);
      rows = takeDown(function.numbers().get(failed)).rows;
    }
    if (rows.size() == 1) {
      fail(rows.get(0), failure);
      return;
    }
    if (BatchLimit.isExceededIn(failure)) {
      batchLimit.exceeded(rows.size(), FailureKind.className(failure));
    } else {
      LOG.info("{}; predicting parts of the batch", failure.getMessage());
    }
    int half = rows.size() / 2;
    again.add(rows.subList(0, half));
    again.add(rows.subList(half, rows.size()));
  }

  private Call takeDown(long number) {
    Call call = flying.remove(number);
    flyingRows -= call.rows.size();
    if (inBatches) {
      histograms.called(call.rows.size());
    }
    return call;
  }

  /** Prepares the rows that were in flight in a process that has ended, and moves the others. */
  private void recover() {
    List<PendingRow> lost = new ArrayList<>();
    flying.values().forEach(call -> lost.addAll(call.rows));
    lost.sort((a, b) -> Long.compare(b.number, a.number));
    lost.forEach(suspects::addFirst);
    if (!lost.isEmpty()) {
      narrowed = lost.size();
    }
    flying.clear();
    flyingRows = 0;
    expireOutput();
    batch.clear();
    arriving.rewrite();
  }

  /** Returns all rows that the Python thread has. */
  private List<PendingRow> unfinished() {
    List<PendingRow> rows = new ArrayList<>(suspects);
    flying.values().forEach(call -> rows.addAll(call.rows));
    retries.forEach(retry -> rows.add(retry.row));
    again.forEach(rows::addAll);
    for (int i = 0; i < batch.size(); i++) {
      rows.add(batch.row(i));
    }
    return rows;
  }

  /** Handles a row that the Python thread has predicted in vain. */
  private void fail(PendingRow row, RuntimeException cause) {
    Duration wait = failedRows.retryAfter(row.countTry(), cause);
    if (wait == null) {
      failedRows.resolve(row, cause);
    } else {
      retries.add(new Retry(row, System.nanoTime() + wait.toNanos()));
    }
  }

  /** A coroutine in flight: of one row, or of a batch. */
  private static final class Call {
    final List<PendingRow> rows;

    /** When it was started, as {@link System#nanoTime}. */
    final long started;

    Call(List<PendingRow> rows, long started) {
      this.rows = rows;
      this.started = started;
    }
  }

  /** A row that is predicted again. */
  private static final class Retry {
    final PendingRow row;

    /** When it is started, as {@link System#nanoTime}. */
    final long due;

    Retry(PendingRow row, long due) {
      this.row = row;
      this.due = due;
    }
  }
}
