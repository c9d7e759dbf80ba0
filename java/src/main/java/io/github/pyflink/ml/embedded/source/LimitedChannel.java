package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A file for reading, which ends in an exception where too many bytes are read at first. */
final class LimitedChannel implements SeekableByteChannel {

  private final SeekableByteChannel file;
  private final String what;
  private long allowed;

  /**
   * Wraps a file.
   *
   * @param what names what is too long
   */
  LimitedChannel(SeekableByteChannel file, long allowed, String what) {
    this.file = file;
    this.allowed = allowed;
    this.what = what;
  }

  void allowAll() {
    allowed = Long.MAX_VALUE;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int n = file.read(target);
    allowed -= Math.max(n, 0);
    if (allowed < 0) {
      throw new IOException(what);
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
