// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;

/** The bytes of the cache that are reserved for one fetch. Grows before they are written. */
final class Reservation {

  private static final long MIN_INCREMENT = 1 << 12;

  private final ModelCache cache;
  private final String partial;
  private long used;
  private long reserved;

  Reservation(ModelCache cache, String partial) {
    this.cache = cache;
    this.partial = partial;
  }

  /**
   * Accounts for bytes that are about to be written, and reserves more where needed.
   *
   * @throws CacheFullException if they exceed the capacity of the cache
   */
  void use(long bytes) throws IOException {
    used += bytes;
    if (used > reserved) {
      reserved = cache.reserve(partial, used, used + Math.max(used / 8, MIN_INCREMENT));
    }
  }

  /** Accounts for bytes whose number is known in advance, and reserves no more than these. */
  void useExactly(long bytes) throws IOException {
    used += bytes;
    reserved = cache.reserve(partial, used, used);
  }
}
