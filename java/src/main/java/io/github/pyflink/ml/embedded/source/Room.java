package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** The room in the cache that one fetch may fill. Asks for more before it is passed. */
final class Room {

  private static final long LEAST_STEP = 1 << 12;

  private final ModelCache cache;
  private final String name;
  private long used;
  private long granted;

  Room(ModelCache cache, String name) {
    this.cache = cache;
    this.name = name;
  }

  /**
   * Takes bytes that are about to be written.
   *
   * @throws NoRoomException if they do not fit into the cache
   */
  void take(long bytes) throws IOException {
    used += bytes;
    if (used > granted) {
      granted = cache.reserve(name, used, used + Math.max(used / 8, LEAST_STEP));
    }
  }

  /** Takes exactly these, where their number is known. */
  void takeAll(long bytes) throws IOException {
    used += bytes;
    granted = cache.reserve(name, used, used);
  }
}
