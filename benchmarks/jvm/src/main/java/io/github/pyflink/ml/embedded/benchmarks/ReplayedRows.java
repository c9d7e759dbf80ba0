package io.github.pyflink.ml.embedded.benchmarks;

import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Gives row {@code index % 1024} of rows of doubles that are built once, when the source opens. */
final class ReplayedRows implements GeneratorFunction<Long, RowData> {

  private static final long serialVersionUID = 1L;
  private static final int ROWS = 1024;

  private final int columns;
  private transient RowData[] rows;

  ReplayedRows(int columns) {
    this.columns = columns;
  }

  @Override
  public void open(SourceReaderContext context) {
    rows = new RowData[ROWS];
    for (int row = 0; row < ROWS; row++) {
      GenericRowData fields = new GenericRowData(columns);
      for (int column = 0; column < columns; column++) {
        fields.setField(column, row + column / 64.0);
      }
      rows[row] = fields;
    }
  }

  @Override
  public RowData map(Long index) {
    return rows[(int) (index % ROWS)];
  }
}
