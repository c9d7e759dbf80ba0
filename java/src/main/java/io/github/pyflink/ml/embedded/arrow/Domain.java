package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** The columns of one length, which lie in one arena. */
final class Domain {

  private static final int NO_ELEMENTS = -1;

  private final ColumnMemory memory;
  private final int number;
  private ByteBuffer arena;
  private int[] layout;

  Domain(ColumnMemory memory, int number) {
    this.memory = memory;
    this.number = number;
    refresh();
  }

  /** Finds the arena where it is now. */
  void refresh() {
    arena = nativeOrder(memory.memory(number, ColumnMemory.ARENA));
    layout = memory.layout(number);
  }

  /** Returns the view of the arena that all columns share. */
  ByteBuffer arena() {
    return arena;
  }

  /** Returns the offset in the arena of a column's validity bitmap. */
  int validity(int column) {
    return layout[1 + 3 * column];
  }

  /** Returns the offset in the arena of a column's values, or of its offsets. */
  int values(int column) {
    return layout[2 + 3 * column];
  }

  /** Returns the domain of a column's elements, where it has elements. */
  Optional<Domain> elements(int column) {
    int elements = layout[3 + 3 * column];
    return elements == NO_ELEMENTS ? Optional.empty() : Optional.of(new Domain(memory, elements));
  }

  /** Returns whether the arena has room for so many rows. */
  boolean holds(int rows) {
    return rows <= layout[0];
  }

  /** Makes room for so many elements of the input; the arena is then another. */
  void reserve(int rows) {
    memory.reserve(number, rows);
    refresh();
  }

  /** Returns a view of the data buffer of a variable-width column. */
  ByteBuffer data(int column) {
    return nativeOrder(memory.memory(number, column));
  }

  /** Grows the data buffer of an input column and returns the view that replaces the old one. */
  ByteBuffer grow(int column, long capacity) {
    return nativeOrder(memory.grow(number, column, capacity));
  }

  private static ByteBuffer nativeOrder(ByteBuffer view) {
    return view.order(ByteOrder.nativeOrder());
  }
}
