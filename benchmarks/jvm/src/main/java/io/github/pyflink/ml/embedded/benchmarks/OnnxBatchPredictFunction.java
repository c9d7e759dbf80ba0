// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import javax.annotation.Nullable;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;

/**
 * Predicts rows of numbers with an ONNX file in batches. The task's thread fills one batch while
 * another thread predicts the other one.
 *
 * <p>The lock of this object guards which batch is which, and is held while rows are completed: the
 * task's thread would otherwise wake for each of them.
 *
 * <p>Public, because the code that Flink generates calls it.
 */
public final class OnnxBatchPredictFunction extends AsyncPredictFunction {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final int inputColumns;
  private final int outputColumns;
  private final int batchSize;

  private transient OrtSession session;
  private transient Thread thread;
  private transient OnnxBatch open;

  /** Null while it is predicted. */
  @Nullable private transient OnnxBatch free;

  private transient boolean closed;

  OnnxBatchPredictFunction(String file, int inputColumns, int outputColumns, int batchSize) {
    this.file = file;
    this.inputColumns = inputColumns;
    this.outputColumns = outputColumns;
    this.batchSize = batchSize;
  }

  @Override
  public void open(FunctionContext context) throws OrtException {
    session = OnnxSessions.open(file);
    open = new OnnxBatch(batchSize, inputColumns, outputColumns);
    free = new OnnxBatch(batchSize, inputColumns, outputColumns);
    thread = new Thread(this::predictBatches, "onnx-batches");
    thread.start();
  }

  @Override
  public synchronized CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
    try {
      while (open.isFull()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Collection<RowData>> future = open.add((GenericRowData) row);
    notifyAll();
    return future;
  }

  private void predictBatches() {
    try {
      for (OnnxBatch batch = take(); batch != null; batch = take()) {
        try {
          batch.run(session);
          complete(batch, batch.results());
        } catch (OrtException | RuntimeException e) {
          fail(batch, e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for rows; returns their batch, or null if the function is closed. */
  @Nullable
  private synchronized OnnxBatch take() throws InterruptedException {
    while (open.isEmpty() && !closed) {
      wait();
    }
    if (closed) {
      return null;
    }
    OnnxBatch batch = open;
    open = free;
    free = null;
    notifyAll();
    return batch;
  }

  private synchronized void complete(OnnxBatch batch, List<RowData> results) {
    batch.complete(results);
    free = batch;
  }

  private synchronized void fail(OnnxBatch batch, Throwable cause) {
    batch.fail(cause);
    free = batch;
  }

  @Override
  public void close() throws OrtException, InterruptedException {
    if (thread != null) {
      synchronized (this) {
        closed = true;
        notifyAll();
      }
      thread.join(); // it uses the session
      open.fail(new CancellationException("the function is closed"));
    }
    if (session != null) {
      session.close();
    }
  }
}
