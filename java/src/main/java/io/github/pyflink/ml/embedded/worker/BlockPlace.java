// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

/** Where a block of columns is stored, as the worker has answered. */
final class BlockPlace {

  /** The segment; its number is never used again in the worker. */
  final long segment;

  /** The segment's descriptor in the worker. */
  final int descriptor;

  final long segmentSize;
  final int offset;
  final int size;

  private BlockPlace(long segment, int descriptor, long segmentSize, int offset, int size) {
    this.segment = segment;
    this.descriptor = descriptor;
    this.segmentSize = segmentSize;
    this.offset = offset;
    this.size = size;
  }

  /** Reads the last answer of a channel. */
  static BlockPlace of(Channel channel) {
    return new BlockPlace(
        channel.result(1),
        Math.toIntExact(channel.result(2)),
        channel.result(3),
        Math.toIntExact(channel.result(4)),
        Math.toIntExact(channel.result(5)));
  }
}
