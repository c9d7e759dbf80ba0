package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A claim on a directory of the cache: it is in use, and is not removed. Owns a file and its lock;
 * closing releases them. The lock ends with the process, so a crashed one holds nothing.
 *
 * <p>Each lease has a file of its own, named for the directory and the JVM. Those of this JVM hold
 * as long as they exist; its other threads never open them, because POSIX would drop the lock when
 * they close them. All but {@code close} is for the holder of the cache's {@link Mutex}.
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

  static Lease take(Path leases, String name) throws IOException {
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

  /** Whether a live process has a lease of this name. Removes those of dead ones. */
  static boolean isHeld(Path leases, String name) throws IOException {
    for (Path file : Tree.children(leases)) {
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
      return false; // released meanwhile
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

  /** Returns a name of this JVM that all class loaders know, and no other process has. */
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
