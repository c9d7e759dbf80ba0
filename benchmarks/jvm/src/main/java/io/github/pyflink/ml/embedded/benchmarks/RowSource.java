package io.github.pyflink.ml.embedded.benchmarks;

import java.io.Serializable;
import java.util.Collection;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;

/**
 * Flink's source of numbers, with readers that emit a row for each number: bounded, and split among
 * the subtasks.
 */
final class RowSource
    implements Source<RowData, NumberSequenceSplit, Collection<NumberSequenceSplit>> {

  private static final long serialVersionUID = 1L;

  private final NumberSequenceSource numbers;
  private final ReaderFactory readers;

  RowSource(long rows, ReaderFactory readers) {
    this.numbers = new NumberSequenceSource(0, rows - 1);
    this.readers = readers;
  }

  /** Makes the reader of a subtask. */
  interface ReaderFactory extends Serializable {
    SourceReader<RowData, NumberSequenceSplit> create(SourceReaderContext context);
  }

  @Override
  public Boundedness getBoundedness() {
    return numbers.getBoundedness();
  }

  @Override
  public SourceReader<RowData, NumberSequenceSplit> createReader(SourceReaderContext context) {
    return readers.create(context);
  }

  @Override
  public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> createEnumerator(
      SplitEnumeratorContext<NumberSequenceSplit> context) {
    return numbers.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> restoreEnumerator(
      SplitEnumeratorContext<NumberSequenceSplit> context, Collection<NumberSequenceSplit> state) {
    return numbers.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<NumberSequenceSplit> getSplitSerializer() {
    return numbers.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<Collection<NumberSequenceSplit>>
      getEnumeratorCheckpointSerializer() {
    return numbers.getEnumeratorCheckpointSerializer();
  }
}
