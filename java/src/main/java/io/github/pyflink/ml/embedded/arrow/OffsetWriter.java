// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

/** Writes values of variable length; value i ends at offset i + 1. */
abstract class OffsetWriter extends ColumnWriter {

  OffsetWriter(Column column) {
    super(column);
  }

  final int start(int row) {
    return arena.getInt(values + (row << 2));
  }

  /**
   * Writes the end offset of a value and returns it.
   *
   * @param unit the unit of the length, for the message
   * @throws ColumnFullException if the offset exceeds an int32
   */
  final int end(int row, int length, String unit) {
    int start = start(row);
    if (length > Integer.MAX_VALUE - start) {
      throw new ColumnFullException(
          message("the values of one call take more than " + Integer.MAX_VALUE + " " + unit));
    }
    int end = start + length;
    arena.putInt(values + ((row + 1) << 2), end);
    return end;
  }

  @Override
  final void writeNull(int row) {
    arena.putInt(values + ((row + 1) << 2), start(row));
  }
}
