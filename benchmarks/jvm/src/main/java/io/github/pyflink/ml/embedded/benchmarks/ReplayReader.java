package io.github.pyflink.ml.embedded.benchmarks;

import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceReaderBase;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.NumberSequenceIterator;

/** Emits rows as fast as the job takes them. */
final class ReplayReader
    extends IteratorSourceReaderBase<Long, RowData, NumberSequenceIterator, NumberSequenceSplit> {

  private final ReplayedRows rows;

  ReplayReader(SourceReaderContext context, int columns) {
    super(context);
    this.rows = new ReplayedRows(columns);
  }

  @Override
  protected RowData convert(Long index) {
    return rows.get(index);
  }

  @Override
  public void close() {} // the base class's may throw, says its signature
}
