package io.github.pyflink.ml.embedded.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends in an exception where more bytes are read than are allowed for the time being. */
final class LimitedInput extends FilterInputStream {

  private final String what;
  private long allowed;

  /**
   * Wraps a stream of which nothing may be read yet.
   *
   * @param what names what is too long
   */
  LimitedInput(InputStream in, String what) {
    super(in);
    this.what = what;
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
      throw new IOException(what);
    }
  }
}
