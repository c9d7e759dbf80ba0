// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/**
 * Writes samples of {@link System#nanoTime} and the number of rows received to {@code
 * sink-<subtask>.samples} as little-endian int64, as they are taken: at the first row, every 10 ms
 * while rows arrive, and at the last row.
 */
final class CountingSink implements Sink<RowData> {

  private static final long serialVersionUID = 1L;

  private final String report;

  CountingSink(String report) {
    this.report = report;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
    int subtask = context.getTaskInfo().getIndexOfThisSubtask();
    return new Writer(Path.of(report, "sink-" + subtask + ".samples"));
  }

  /** Counts rows for a thread that takes the samples. Owns the thread; closing ends it. */
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

    private final FileChannel file;
    private final ScheduledExecutorService sampler =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "bench-sink sampler");
              thread.setDaemon(true);
              return thread;
            });

    private long rows; // written only by the task
    private long first; // written before rows becomes 1

    // Guarded by this.
    private final ByteBuffer pair =
        ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long sampled;

    Writer(Path file) throws IOException {
      Files.createDirectories(file.getParent());
      this.file = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
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

    /** Adds a sample if rows have arrived since the last one. */
    private synchronized void sample(long now) {
      long count = (long) ROWS.getAcquire(this);
      if (sampled == 0 && count > 0) {
        append(first, 1);
      }
      if (count > sampled) {
        append(now, count);
      }
    }

    private void append(long now, long count) {
      try {
        file.write(pair.clear().putLong(now).putLong(count).flip());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      sampled = count;
    }

    /** The end of input directly follows the last row; closing may come later. */
    @Override
    public void flush(boolean endOfInput) {
      sample(System.nanoTime());
    }

    @Override
    public synchronized void close() throws IOException {
      sampler.shutdown(); // an interrupt would close the file
      sample(System.nanoTime()); // for a canceled job
      file.close();
    }
  }
}
