// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;

/** Copies listed files to this host, and continues files of an earlier attempt. */
final class Download {

  private static final int BUFFER_BYTES = 1 << 16;

  private Download() {}

  /**
   * Copies all files.
   *
   * @return the number of bytes read
   * @throws SourceChangedException if a file is missing, or shorter than listed
   */
  static long run(FileSystem fileSystem, Listing listing, Path target) throws IOException {
    long bytes = 0;
    for (String name : listing.names()) {
      Path file = target.resolve(name);
      Files.createDirectories(file.getParent());
      bytes += copy(fileSystem, listing.status(name), file);
    }
    return bytes;
  }

  private static long copy(FileSystem fileSystem, FileStatus source, Path file) throws IOException {
    Interrupts.check();
    boolean started = Files.exists(file);
    long start = started ? Files.size(file) : 0;
    long missing = source.getLen() - start;
    if (started && missing == 0) {
      return 0;
    }
    try (FSDataInputStream in = open(fileSystem, source);
        FileOutputStream out = new FileOutputStream(file.toFile(), true)) {
      if (start > 0) {
        in.seek(start);
      }
      copy(in, out, missing, source);
      out.getFD().sync();
    }
    return missing;
  }

  private static FSDataInputStream open(FileSystem fileSystem, FileStatus source)
      throws IOException {
    try {
      return fileSystem.open(source.getPath());
    } catch (FileNotFoundException e) {
      throw new SourceChangedException(source.getPath().getName() + " no longer exists");
    }
  }

  private static void copy(InputStream in, FileOutputStream out, long bytes, FileStatus source)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (long missing = bytes; missing > 0; ) {
      Interrupts.check();
      int n = in.read(buffer, 0, (int) Math.min(missing, buffer.length));
      if (n < 0) {
        throw new SourceChangedException(source.getPath().getName() + " is shorter than listed");
      }
      out.write(buffer, 0, n);
      missing -= n;
    }
  }
}
