// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import javax.annotation.Nullable;

/**
 * The memory of a function's columns, mapped from its worker. A segment is mapped while a block of
 * the columns is stored in it. Owns the mappings; closing releases them. For one thread at a time.
 */
final class Segments implements AutoCloseable {

  private final Map<Long, Segment> segments = new HashMap<>();
  private final Map<Long, Block> blocks = new HashMap<>();

  /** Returns the view of a block that was looked up last, or null. */
  @Nullable
  ByteBuffer find(int columns, int column) {
    Block block = blocks.get(key(columns, column));
    return block == null ? null : block.view();
  }

  /**
   * Looks up a block that has moved or grown. Views of the block from before become invalid.
   *
   * @throws IOException if the segment cannot be mapped, because the worker has ended
   */
  ByteBuffer update(int columns, int column, Worker worker, BlockPlace place) throws IOException {
    Segment segment = segments.get(place.segment);
    if (segment == null || segment.memory.size() < place.segmentSize) {
      segment =
          new Segment(
              place.segment,
              MappedMemory.of(worker.descriptor(place.descriptor), place.segmentSize));
      segments.put(place.segment, segment);
    }
    Block block = new Block(segment, place);
    segment.blocks++;
    Block old = blocks.put(key(columns, column), block);
    if (old != null) {
      release(old.segment);
    }
    return block.view();
  }

  @Override
  public void close() {
    blocks.values().forEach(block -> release(block.segment));
    blocks.clear();
  }

  private void release(Segment segment) {
    segment.blocks--;
    if (segment.blocks == 0) {
      segments.remove(segment.id, segment);
      segment.memory.close();
    }
  }

  private static long key(int columns, int column) {
    return ((long) columns << 32) | (column & 0xFFFFFFFFL);
  }

  private static final class Segment {

    private final long id;
    private final MappedMemory memory;
    private int blocks;

    Segment(long id, MappedMemory memory) {
      this.id = id;
      this.memory = memory;
    }
  }

  private static final class Block {

    private final Segment segment;
    private final BlockPlace place;

    Block(Segment segment, BlockPlace place) {
      this.segment = segment;
      this.place = place;
    }

    ByteBuffer view() {
      return segment.memory.view(place.offset, place.size);
    }
  }
}
