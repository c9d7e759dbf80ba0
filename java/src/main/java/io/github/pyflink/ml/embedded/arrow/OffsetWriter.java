package io.github.pyflink.ml.embedded.arrow;

/** Writes values of which each has its own length: offset i + 1 is where value i ends. */
abstract class OffsetWriter extends ColumnWriter {

  OffsetWriter(Column column) {
    super(column);
  }

  final int start(int row) {
    return arena.getInt(values + (row << 2));
  }

  /**
   * Ends a value and returns where.
   *
   * @param unit what the length counts, for the message
   * @throws NoRoomException if an int32 offset cannot say where
   */
  final int end(int row, int length, String unit) {
    int start = start(row);
    if (length > Integer.MAX_VALUE - start) {
      throw new NoRoomException(
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
