// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Marks a directory of the cache as in use, so that it is not evicted. Owns a file and its lock;
 * closing releases them. The lock ends with the process, so a lease does not outlive a crash.
 *
 * <p>Each lease has its own file, named after the directory and the JVM. A lease of this JVM is
 * held as long as its file exists. The JVM never opens the file again, because POSIX would drop the
 * lock when that descriptor is closed. All methods but {@code close} require the cache's {@link
 * Mutex}.
 */
final class Lease implements AutoCloseable {

  private static final String PROPERTY = "pyflink-ml-embedded.jvm";
  private static final char SEPARATOR = '.';

  private final Path file;
  private final FileChannel channel;

  private Lease(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static Lease acquire(Path leases, String name) throws IOException {
    Path file = leases.resolve(name + SEPARATOR + jvm() + SEPARATOR + UUID.randomUUID());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      channel.lock();
      return new Lease(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      Files.delete(file);
      throw e;
    }
  }

  /** Returns whether a live process holds a lease of the name. Removes leases of dead processes. */
  static boolean isHeld(Path leases, String name) throws IOException {
    for (Path file : FileTree.children(leases)) {
      String[] parts = file.getFileName().toString().split("\\" + SEPARATOR);
      if (!parts[0].equals(name)) {
        continue;
      }
      if (parts[1].equals(jvm()) || isLocked(file)) {
        return true;
      }
      Files.deleteIfExists(file);
    }
    return false;
  }

  private static boolean isLocked(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      return channel.tryLock() == null;
    } catch (NoSuchFileException e) {
      return false; // released concurrently
    }
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(file);
    } finally {
      channel.close();
    }
  }

  /** Returns a unique name of this JVM, which is the same in all class loaders. */
  private static String jvm() {
    synchronized (PROPERTY.intern()) {
      String id = System.getProperty(PROPERTY);
      if (id == null) {
        id = UUID.randomUUID().toString();
        System.setProperty(PROPERTY, id);
      }
      return id;
    }
  }
}
