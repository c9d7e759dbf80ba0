// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceReaderBase;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.NumberSequenceIterator;

/**
 * Emits the rows of a file in turn, at a pace or as fast as the job accepts them. With a pace it
 * does not block the task until a row is due, and a row that is late because the task was busy
 * keeps the time at which it was due. All rows of the phases are emitted, however late, unless a
 * file stops the reader.
 *
 * <p>Owns its timer; closing ends it and writes the report.
 */
final class RowsReader
    extends IteratorSourceReaderBase<Long, RowData, NumberSequenceIterator, NumberSequenceSplit> {

  private static final long STOP_MILLIS = 20; // between looks for the file

  private final RowData[] rows;
  private final RowsOptions.Stamp stamp;
  private final Optional<Phases> phases;
  private final Optional<Path> report;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private volatile boolean stopped;
  private long now;
  private long first;
  private boolean hasEmitted;

  /** Reads the file. */
  RowsReader(SourceReaderContext context, RowType fileType, ReadableConfig options) {
    super(context);
    rows = JsonRows.read(Path.of(options.get(RowsOptions.PATH)), fileType);
    stamp = options.get(RowsOptions.STAMP);
    phases = options.getOptional(RowsOptions.PHASES).map(Phases::new);
    String name = "source-" + context.getIndexOfSubtask() + ".json";
    report = options.getOptional(RowsOptions.REPORT).map(directory -> Path.of(directory, name));
    options.getOptional(RowsOptions.STOP_FILE).map(Path::of).ifPresent(this::stopWith);
  }

  private void stopWith(Path file) {
    timer.scheduleAtFixedRate(
        () -> stopped = Files.exists(file), STOP_MILLIS, STOP_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public InputStatus pollNext(ReaderOutput<RowData> output) {
    now = System.nanoTime();
    long due = due();
    if (stopped || due == Phases.NEVER) {
      return InputStatus.END_OF_INPUT;
    }
    return due - now > 0 ? InputStatus.NOTHING_AVAILABLE : super.pollNext(output);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    long due = due();
    long wait = due - System.nanoTime();
    if (wait <= 0 || due == Phases.NEVER) {
      return super.isAvailable();
    }
    CompletableFuture<Void> isDue = new CompletableFuture<>();
    timer.schedule(() -> isDue.complete(null), wait, TimeUnit.NANOSECONDS);
    return isDue;
  }

  /** Returns when the next row is due; without phases, now. */
  private long due() {
    if (phases.isEmpty()) {
      return now;
    }
    long start = hasEmitted ? first : now;
    long due = phases.get().due(now - start);
    return due == Phases.NEVER ? due : start + due;
  }

  @Override
  protected RowData convert(Long index) {
    RowData row = rows[(int) (index % rows.length)];
    if (stamp != RowsOptions.Stamp.NONE) {
      row = stamped((GenericRowData) row, stamp == RowsOptions.Stamp.INDEX ? index : due());
    }
    if (!hasEmitted) {
      first = now;
      hasEmitted = true;
    }
    phases.ifPresent(Phases::emitted);
    return row;
  }

  private static GenericRowData stamped(GenericRowData fields, long stamp) {
    GenericRowData row = new GenericRowData(1 + fields.getArity());
    row.setField(0, stamp);
    for (int column = 0; column < fields.getArity(); column++) {
      row.setField(1 + column, fields.getField(column));
    }
    return row;
  }

  @Override
  public void close() throws IOException {
    timer.shutdownNow();
    if (report.isPresent()) {
      Files.createDirectories(report.get().getParent());
      double[] paces = phases.map(Phases::rowsPerSecond).orElse(new double[0]);
      Files.writeString(
          report.get(),
          String.format("{\"first_nanos\": %d, \"paces\": %s}%n", first, Arrays.toString(paces)));
    }
  }
}
