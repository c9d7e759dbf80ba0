package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Columns that are input and output at once, so that what is written can be read back. Every column
 * has room for {@value #ROWS} rows of any type.
 */
final class TestMemory implements ColumnMemory {

  static final int ROWS = 8;

  private static final int VALIDITY_BYTES = 8;
  private static final int COLUMN_BYTES = VALIDITY_BYTES + 16 * (ROWS + 1);

  private final ByteBuffer[] data;
  private ByteBuffer arena;

  TestMemory(int columns) {
    this.data = new ByteBuffer[columns];
    for (int i = 0; i < columns; i++) {
      data[i] = ByteBuffer.allocateDirect(4);
    }
    this.arena = ByteBuffer.allocateDirect(columns * COLUMN_BYTES);
    for (int i = 0; i < columns; i++) {
      arena.putLong(i * COLUMN_BYTES, -1);
    }
  }

  /** Returns the values of a column from its first on. */
  ByteBuffer values(int column) {
    return view(arena)
        .position(column * COLUMN_BYTES + VALIDITY_BYTES)
        .slice()
        .order(ByteOrder.nativeOrder());
  }

  /** Moves the arena and fills the old one with ones. */
  void move() {
    ByteBuffer old = arena;
    arena = ByteBuffer.allocateDirect(old.capacity()).put(view(old));
    for (int i = 0; i < old.capacity(); i++) {
      old.put(i, (byte) -1);
    }
  }

  @Override
  public ByteBuffer memory(int side, int column) {
    return view(column == ARENA ? arena : data[column]);
  }

  @Override
  public int[] layout(int side) {
    int[] layout = new int[2 * data.length];
    for (int i = 0; i < data.length; i++) {
      layout[2 * i] = i * COLUMN_BYTES;
      layout[2 * i + 1] = i * COLUMN_BYTES + VALIDITY_BYTES;
    }
    return layout;
  }

  @Override
  public ByteBuffer grow(int column, long capacity) {
    data[column] = ByteBuffer.allocateDirect((int) capacity).put(view(data[column]));
    return view(data[column]);
  }

  private static ByteBuffer view(ByteBuffer buffer) {
    return buffer.duplicate().clear();
  }
}
