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

/** A growing list of pairs of numbers, stored in chunks so that adding never copies. */
final class LongPairs {

  private static final int CHUNK = 1 << 16; // numbers

  private final List<long[]> chunks = new ArrayList<>();
  private long[] chunk;
  private int used = CHUNK;

  void add(long left, long right) {
    if (used == CHUNK) {
      chunk = new long[CHUNK];
      chunks.add(chunk);
      used = 0;
    }
    chunk[used++] = left;
    chunk[used++] = right;
  }

  /** Writes the pairs as little-endian int64 to a file, and creates its directory. */
  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      for (long[] numbers : chunks) {
        int count = numbers == chunk ? used : CHUNK;
        bytes.clear();
        bytes.asLongBuffer().put(numbers, 0, count);
        bytes.limit(count * Long.BYTES);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    }
  }
}
