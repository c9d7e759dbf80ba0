// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** Reads a file and throws when more than the allowed number of bytes is read. */
final class LimitedChannel implements SeekableByteChannel {

  private final SeekableByteChannel file;
  private final String message;
  private long allowed;

  /**
   * Wraps a file.
   *
   * @param message the message of the exception
   */
  LimitedChannel(SeekableByteChannel file, long allowed, String message) {
    this.file = file;
    this.allowed = allowed;
    this.message = message;
  }

  void allowAll() {
    allowed = Long.MAX_VALUE;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int n = file.read(target);
    allowed -= Math.max(n, 0);
    if (allowed < 0) {
      throw new IOException(message);
    }
    return n;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long position() throws IOException {
    return file.position();
  }

  @Override
  public SeekableByteChannel position(long position) throws IOException {
    file.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
