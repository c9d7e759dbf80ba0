package io.github.pyflink.ml.embedded.benchmarks;

import org.apache.flink.table.data.GenericRowData;

/** Rows of doubles that are built once, and come again and again: row {@code index % 1024}. */
final class ReplayedRows {

  private static final int ROWS = 1024;

  private final GenericRowData[] rows = new GenericRowData[ROWS];

  ReplayedRows(int columns) {
    for (int row = 0; row < ROWS; row++) {
      rows[row] = new GenericRowData(columns);
      for (int column = 0; column < columns; column++) {
        rows[row].setField(column, row + column / 64.0);
      }
    }
  }

  GenericRowData get(long index) {
    return rows[(int) (index % ROWS)];
  }
}
