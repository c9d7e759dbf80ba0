// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Columns that have the same number of rows and share one arena. */
final class Columns {

  private static final int NO_ELEMENTS = -1;

  private final ColumnMemory memory;
  private final int number;
  private ByteBuffer arena;
  private int[] layout;

  Columns(ColumnMemory memory, int number) {
    this.memory = memory;
    this.number = number;
    refresh();
  }

  /** Looks up the arena again after it may have moved. */
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

  /** Returns the columns of a column's elements; empty if its type has no elements. */
  Optional<Columns> elements(int column) {
    int elements = layout[3 + 3 * column];
    return elements == NO_ELEMENTS ? Optional.empty() : Optional.of(new Columns(memory, elements));
  }

  /** Returns whether the arena has the capacity for {@code rows}. */
  boolean holds(int rows) {
    return rows <= layout[0];
  }

  /** Grows the arena, which moves, to the capacity for at least {@code rows}; input only. */
  void reserve(int rows) {
    memory.reserve(number, rows);
    refresh();
  }

  /** Returns a view of the data buffer of a variable-width column. */
  ByteBuffer data(int column) {
    return nativeOrder(memory.memory(number, column));
  }

  /** Grows the data buffer of an input column and returns its new view. */
  ByteBuffer grow(int column, long capacity) {
    return nativeOrder(memory.grow(number, column, capacity));
  }

  private static ByteBuffer nativeOrder(ByteBuffer view) {
    return view.order(ByteOrder.nativeOrder());
  }
}
