package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.annotation.Internal;

/**
 * The off-heap memory of the input and output columns of one function.
 *
 * <p>A domain is the columns of one length: the rows of the input, the rows of the output, or the
 * elements of one ARRAY, MAP or MULTISET column. In a domain a ROW column is followed by its
 * fields.
 *
 * <p>All fixed-width parts of the columns of one domain lie in one block, the arena: validity
 * bitmaps, values, and the int32 offsets of variable-width columns and of columns with elements.
 * Each variable-width column has a data buffer besides. The layout is that of the Arrow columnar
 * format, in native byte order; the views are in any byte order. The validity bits of the input are
 * set to begin with, and the first offset of a column is always 0.
 */
@Internal
public interface ColumnMemory {

  /** The domain of the rows that Java writes. */
  int INPUT = 0;

  /** The domain of the rows that Java reads. */
  int OUTPUT = 1;

  /**
   * The domain of other rows that Java writes, while those of the first are read; of batches only.
   */
  int SECOND_INPUT = 2;

  /** The number that stands for the arena where a column's number stands for its data buffer. */
  int ARENA = -1;

  /**
   * The bit in the result of a call that says that memory of the output, or of elements in it, has
   * moved.
   */
  int OUTPUT_MOVED = 1 << 30;

  /** The same bit for the input. Where it has moved, all its validity bits are set again. */
  int INPUT_MOVED = 1 << 29;

  /** Returns a view of the arena, or of the data buffer of a variable-width column. */
  ByteBuffer memory(int domain, int column);

  /**
   * Returns the number of rows that the arena has room for, then three numbers for each column: the
   * offset in the arena of its validity bitmap, that of its values or offsets, and the domain of
   * its elements or -1.
   */
  int[] layout(int domain);

  /**
   * Grows the data buffer of an input column to at least {@code capacity} bytes and keeps its
   * contents. Views of the old buffer must not be used again.
   */
  ByteBuffer grow(int domain, int column, long capacity);

  /**
   * Makes room for at least {@code rows} in a domain of the input, of rows or of elements, and
   * keeps their contents. The validity bits of the new room are set. Views of the old arena must
   * not be used again.
   */
  void reserve(int domain, long rows);
}
