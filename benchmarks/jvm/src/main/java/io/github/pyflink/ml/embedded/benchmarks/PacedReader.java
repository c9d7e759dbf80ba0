package io.github.pyflink.ml.embedded.benchmarks;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceReaderBase;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.NumberSequenceIterator;

/**
 * Emits rows when they are due, and never blocks the task until then. A row that is late, because
 * the task was busy, still has the time at which it was due.
 */
final class PacedReader
    extends IteratorSourceReaderBase<Long, RowData, NumberSequenceIterator, NumberSequenceSplit> {

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final ReplayedRows rows;
  private final long interval;
  private long due;

  PacedReader(SourceReaderContext context, int doubles, long rowsPerSecond) {
    super(context);
    this.rows = new ReplayedRows(doubles);
    this.interval = TimeUnit.SECONDS.toNanos(1) / rowsPerSecond;
  }

  @Override
  public void start(SourceReaderContext context) {
    super.start(context);
    due = System.nanoTime();
  }

  @Override
  public InputStatus pollNext(ReaderOutput<RowData> output) {
    return nanosUntilDue() > 0 ? InputStatus.NOTHING_AVAILABLE : super.pollNext(output);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    long wait = nanosUntilDue();
    if (wait <= 0) {
      return super.isAvailable();
    }
    CompletableFuture<Void> isDue = new CompletableFuture<>();
    timer.schedule(() -> isDue.complete(null), wait, TimeUnit.NANOSECONDS);
    return isDue;
  }

  private long nanosUntilDue() {
    return due - System.nanoTime();
  }

  @Override
  protected RowData convert(Long index) {
    GenericRowData replayed = rows.get(index);
    GenericRowData row = new GenericRowData(1 + replayed.getArity());
    row.setField(0, due);
    for (int column = 0; column < replayed.getArity(); column++) {
      row.setField(1 + column, replayed.getField(column));
    }
    due += interval;
    return row;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
