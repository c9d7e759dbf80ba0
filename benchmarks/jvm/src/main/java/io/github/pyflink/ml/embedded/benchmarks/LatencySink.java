// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/**
 * Writes the time at which each row was due and its age at arrival, both in nanoseconds, to {@code
 * sink-<subtask>.latencies}.
 */
final class LatencySink implements Sink<RowData> {

  private static final long serialVersionUID = 1L;

  private final String report;

  LatencySink(String report) {
    this.report = report;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) {
    int subtask = context.getTaskInfo().getIndexOfThisSubtask();
    return new Writer(Path.of(report, "sink-" + subtask + ".latencies"));
  }

  private static final class Writer implements SinkWriter<RowData> {

    private final Path file;
    private final LongPairs latencies = new LongPairs();

    Writer(Path file) {
      this.file = file;
    }

    @Override
    public void write(RowData row, Context context) {
      long due = row.getLong(0);
      latencies.add(due, System.nanoTime() - due);
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() throws IOException {
      latencies.write(file);
    }
  }
}
