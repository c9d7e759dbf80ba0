package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/** Writes the age of each row, in nanoseconds, to a file when it is closed. */
final class LatencySink implements Sink<RowData> {

  private static final long serialVersionUID = 1L;

  private final String report;

  LatencySink(String report) {
    this.report = report;
  }

  @Override
  public SinkWriter<RowData> createWriter(WriterInitContext context) {
    return new Writer(Path.of(report));
  }

  private static final class Writer implements SinkWriter<RowData> {

    private final Path report;
    private final LongStream.Builder latencies = LongStream.builder();

    Writer(Path report) {
      this.report = report;
    }

    @Override
    public void write(RowData row, Context context) {
      latencies.add(System.nanoTime() - row.getLong(0));
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() throws IOException {
      Files.write(report, (Iterable<String>) latencies.build().mapToObj(Long::toString)::iterator);
    }
  }
}
