// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.binary.BinaryFormat;

/** The memory of Flink's values in binary form, which need not become objects to be copied. */
final class BinaryMemory {

  private BinaryMemory() {}

  /**
   * Copies bytes of a value to a buffer, from its position on.
   *
   * @param from the position in the value
   * @return false if the value is spread over several segments; then nothing is copied
   */
  static boolean copy(BinaryFormat value, int from, int count, ByteBuffer target) {
    MemorySegment[] segments = value.getSegments();
    if (segments.length != 1) {
      return false;
    }
    segments[0].get(value.getOffset() + from, target, count);
    return true;
  }
}
