package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/** Bitmaps of the Arrow format: one bit a row, the least significant bit first. */
final class Bitmap {

  private Bitmap() {}

  static boolean get(ByteBuffer memory, int offset, int row) {
    return (memory.get(offset + (row >> 3)) >> (row & 7) & 1) != 0;
  }

  static void set(ByteBuffer memory, int offset, int row, boolean bit) {
    int at = offset + (row >> 3);
    int mask = 1 << (row & 7);
    int old = memory.get(at);
    memory.put(at, (byte) (bit ? old | mask : old & ~mask));
  }
}
