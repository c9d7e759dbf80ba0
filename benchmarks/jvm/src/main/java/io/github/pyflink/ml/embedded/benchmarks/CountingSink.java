// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/**
 * Reports how many rows had come at which {@link System#nanoTime}, in {@code
 * sink-<subtask>.samples}: at the first row, every 10 ms while rows come, and at the last.
 */
final class CountingSink implements Sink<RowData> {

  private static final long serialVersionUID = 1L;

  private final String report;

  CountingSink(String report) {
    this.report = report;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) {
    int subtask = context.getTaskInfo().getIndexOfThisSubtask();
    return new Writer(Path.of(report, "sink-" + subtask + ".samples"));
  }

  /** Counts rows for a thread that takes the samples. Owns it; closing ends it. */
  private static final class Writer implements SinkWriter<RowData> {

    private static final long PERIOD_MILLIS = 10;
    private static final VarHandle ROWS;

    static {
      try {
        ROWS = MethodHandles.lookup().findVarHandle(Writer.class, "rows", long.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final Path file;
    private final ScheduledExecutorService sampler =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "bench-sink sampler");
              thread.setDaemon(true);
              return thread;
            });

    private long rows; // written by the task only
    private long first; // written before rows leaves 0

    // Guarded by this.
    private final LongPairs samples = new LongPairs();
    private long sampled;

    Writer(Path file) {
      this.file = file;
      sampler.scheduleAtFixedRate(
          () -> sample(System.nanoTime()), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void write(RowData row, Context context) {
      if (rows == 0) {
        first = System.nanoTime();
      }
      ROWS.setRelease(this, rows + 1);
    }

    /** Adds a sample if rows have come since the last. */
    private synchronized void sample(long now) {
      long count = (long) ROWS.getAcquire(this);
      if (sampled == 0 && count > 0) {
        samples.add(first, 1);
        sampled = 1;
      }
      if (count > sampled) {
        samples.add(now, count);
        sampled = count;
      }
    }

    /** The end of input follows the last row at once; closing may take longer. */
    @Override
    public void flush(boolean endOfInput) {
      sample(System.nanoTime());
    }

    @Override
    public synchronized void close() throws IOException {
      sampler.shutdownNow();
      sample(System.nanoTime()); // of a job that was canceled
      samples.write(file);
    }
  }
}
