// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.annotation.Internal;

/**
 * The off-heap memory of the input and output columns of one function.
 *
 * <p>Columns of the same length form one {@link Columns} object: the columns of the input rows,
 * those of the output rows, and those of the elements of each ARRAY, MAP or MULTISET column. The
 * parameter {@code columns} is its number. In it, the fields of a ROW follow the ROW.
 *
 * <p>All fixed-width parts of one object are stored in one block, the arena: validity bitmaps,
 * values, and the int32 offsets of variable-width columns and of columns with elements. Each
 * variable-width column also has a data buffer. The layout is that of the Arrow columnar format, in
 * native byte order; the byte order of the returned views is unspecified. The validity bits of the
 * input are initially set, and the first offset of a column is always 0.
 */
@Internal
public interface ColumnMemory {

  /** The columns of the rows that Java writes. */
  int INPUT = 0;

  /** The columns of the rows that Java reads. */
  int OUTPUT = 1;

  /**
   * A second set of input columns, which Java writes while Python reads the first; for batches
   * only.
   */
  int SECOND_INPUT = 2;

  /** Selects the arena in {@link #memory}, in place of the data buffer of a column. */
  int ARENA = -1;

  /** The bit in the result of a call that is set when memory of the output has moved. */
  int OUTPUT_MOVED = 1 << 30;

  /** The same bit for the input. All validity bits of moved input are set again. */
  int INPUT_MOVED = 1 << 29;

  /** Returns a view of the arena, or of the data buffer of a variable-width column. */
  ByteBuffer memory(int columns, int column);

  /**
   * Returns the capacity of the arena in rows, then three numbers for each column: the offset in
   * the arena of its validity bitmap, that of its values or offsets, and the number of the columns
   * of its elements, or -1.
   */
  int[] layout(int columns);

  /**
   * Grows the data buffer of an input column to at least {@code capacity} bytes and keeps its
   * contents. Views of the old buffer become invalid.
   */
  ByteBuffer grow(int columns, int column, long capacity);

  /**
   * Grows the arena of input columns, of rows or of elements, to the capacity for at least {@code
   * rows} and keeps its contents. The validity bits of the added rows are set. Views of the old
   * arena become invalid.
   */
  void reserve(int columns, long rows);
}
