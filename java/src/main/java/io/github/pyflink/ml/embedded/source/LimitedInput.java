// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Throws when more than the currently allowed number of bytes is read. */
final class LimitedInput extends FilterInputStream {

  private final String message;
  private long allowed;

  /**
   * Wraps a stream; no bytes are allowed until {@link #allow} is called.
   *
   * @param message the message of the exception
   */
  LimitedInput(InputStream in, String message) {
    super(in);
    this.message = message;
  }

  void allow(long bytes) {
    allowed = bytes;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = super.read(buffer, offset, length);
    count(n);
    return n;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long n = super.skip(bytes);
    count(n);
    return n;
  }

  private void count(long bytes) throws IOException {
    allowed -= Math.max(bytes, 0);
    if (allowed < 0) {
      throw new IOException(message);
    }
  }
}
