// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;

/** Bitmaps of the Arrow format: one bit per row, least significant bit first. */
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

  /** Sets the bits of the rows from {@code start} to before {@code end}. */
  static void setAll(ByteBuffer memory, int offset, int start, int end) {
    int row = start;
    while (row < end) {
      if ((row & 7) == 0 && end - row >= 8) {
        memory.put(offset + (row >> 3), (byte) -1);
        row += 8;
      } else {
        set(memory, offset, row++, true);
      }
    }
  }

  /** Returns whether the bits of the rows from {@code start} to before {@code end} are set. */
  static boolean areAllSet(ByteBuffer memory, int offset, int start, int end) {
    int row = start;
    while (row < end) {
      if ((row & 7) == 0 && end - row >= 8) {
        if (memory.get(offset + (row >> 3)) != -1) {
          return false;
        }
        row += 8;
      } else if (!get(memory, offset, row++)) {
        return false;
      }
    }
    return true;
  }
}
