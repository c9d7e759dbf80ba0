// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.core.fs.BlockLocation;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * Simulates a remote file system with the files of this host: {@code far:///tmp/model}. Counts the
 * bytes that are read, and can stop or fail a read.
 */
public final class FarFileSystem extends FileSystem {

  static final AtomicLong BYTES_READ = new AtomicLong();
  static final AtomicLong LISTINGS = new AtomicLong();

  /** Called before each read with the number of bytes read so far. */
  static volatile BeforeRead beforeRead = bytes -> {};

  private final FileSystem local = new LocalFileSystem();

  interface BeforeRead {
    void reached(long bytes) throws IOException;
  }

  /** Registered as a service. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return "far";
    }

    @Override
    public FileSystem create(URI uri) {
      return new FarFileSystem();
    }
  }

  static void reset() {
    BYTES_READ.set(0);
    LISTINGS.set(0);
    beforeRead = bytes -> {};
  }

  private static Path near(Path path) {
    return new Path("file", null, path.getPath());
  }

  @Override
  public FSDataInputStream open(Path path) throws IOException {
    return new Counted(local.open(near(path)));
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return open(path);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return new Far(local.getFileStatus(near(path)));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    LISTINGS.incrementAndGet();
    FileStatus[] statuses = local.listStatus(near(path));
    FileStatus[] far = new FileStatus[statuses.length];
    for (int i = 0; i < far.length; i++) {
      far[i] = new Far(statuses[i]);
    }
    return far;
  }

  @Override
  public URI getUri() {
    return URI.create("far:///");
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path("far:///");
  }

  @Override
  public Path getHomeDirectory() {
    return getWorkingDirectory();
  }

  @Override
  public boolean isDistributedFS() {
    return true;
  }

  @Override
  public BlockLocation[] getFileBlockLocations(FileStatus file, long start, long length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean delete(Path path, boolean recursive) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean mkdirs(Path path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FSDataOutputStream create(Path path, WriteMode mode) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean rename(Path from, Path to) {
    throw new UnsupportedOperationException();
  }

  private static final class Counted extends FSDataInputStream {
    private final FSDataInputStream in;

    Counted(FSDataInputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      beforeRead.reached(BYTES_READ.get());
      int n = in.read(buffer, offset, length);
      BYTES_READ.addAndGet(Math.max(n, 0));
      return n;
    }

    @Override
    public int read() throws IOException {
      throw new UnsupportedOperationException();
    }

    @Override
    public void seek(long position) throws IOException {
      in.seek(position);
    }

    @Override
    public long getPos() throws IOException {
      return in.getPos();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private static final class Far implements FileStatus {
    private final FileStatus near;

    Far(FileStatus near) {
      this.near = near;
    }

    @Override
    public Path getPath() {
      return new Path("far", null, near.getPath().getPath());
    }

    @Override
    public long getLen() {
      return near.getLen();
    }

    @Override
    public boolean isDir() {
      return near.isDir();
    }

    @Override
    public long getModificationTime() {
      return near.getModificationTime();
    }

    @Override
    public long getBlockSize() {
      return near.getBlockSize();
    }

    @Override
    public short getReplication() {
      return near.getReplication();
    }

    @Override
    public long getAccessTime() {
      return near.getAccessTime();
    }
  }
}
