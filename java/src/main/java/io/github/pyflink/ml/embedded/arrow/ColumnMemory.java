package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.annotation.Internal;

/**
 * The off-heap memory of the input and output columns of one function.
 *
 * <p>All fixed-width parts of the columns of one side lie in one block, the arena: validity
 * bitmaps, values, and the int32 offsets of variable-width columns. Each variable-width column has
 * a data buffer besides. The layout is that of the Arrow columnar format, in native byte order; the
 * views are in any byte order. The validity bits of the input are set to begin with.
 */
@Internal
public interface ColumnMemory {

  /** The side of the columns that Java writes. */
  int INPUT = 0;

  /** The side of the columns that Java reads. */
  int OUTPUT = 1;

  /** The number that stands for the arena where a column's number stands for its data buffer. */
  int ARENA = -1;

  /** The bit in the result of a call that says that the memory of the output side has moved. */
  int MOVED = 1 << 30;

  /** Returns a view of the arena, or of the data buffer of a variable-width column. */
  ByteBuffer memory(int side, int column);

  /** Returns two offsets in the arena for each column: of its validity bitmap, of its values. */
  int[] layout(int side);

  /**
   * Grows the data buffer of an input column to at least {@code capacity} bytes and keeps its
   * contents. Views of the old buffer must not be used again.
   */
  ByteBuffer grow(int column, long capacity);
}
