// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A growing list of pairs of numbers, stored in chunks so that adding never copies, and outside of
 * the heap, where each garbage collection would move them.
 */
final class LongPairs {

  private static final int CHUNK = 1 << 16; // bytes

  private final List<ByteBuffer> chunks = new ArrayList<>();
  private ByteBuffer chunk = ByteBuffer.allocate(0);

  void add(long left, long right) {
    if (!chunk.hasRemaining()) {
      chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
      chunks.add(chunk);
    }
    chunk.putLong(left).putLong(right);
  }

  /** Writes the pairs as little-endian int64 to a file, and creates its directory. */
  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (ByteBuffer numbers : chunks) {
        ByteBuffer filled = numbers.duplicate().flip();
        while (filled.hasRemaining()) {
          channel.write(filled);
        }
      }
    }
  }
}
