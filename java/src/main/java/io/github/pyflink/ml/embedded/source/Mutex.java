// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import javax.annotation.Nullable;

/**
 * The lock of a cache, which one thread of one process of this host holds at a time. Owns the lock.
 * It is held briefly, never while bytes are fetched.
 *
 * <p>Processes exclude each other by a file lock, which ends with its process. POSIX drops it when
 * the process closes any descriptor of the file, so within a JVM only one thread at a time may have
 * the file open. The class loaders of several jobs do not share static fields, but they share
 * interned strings, which threads wait on, and system properties, which mark the lock as taken.
 */
final class Mutex {

  private static final String PROPERTY = "pyflink-ml-embedded.cache-lock.";
  private static final String FILE = "lock";
  private static final long POLL_MILLISECONDS = 5;

  private final String name;
  private final FileChannel channel;

  private Mutex(String name, FileChannel channel) {
    this.name = name;
    this.channel = channel;
  }

  /** An action that requires the lock. */
  interface Action<T> {
    T run() throws IOException;
  }

  /**
   * Waits for the lock of a directory and runs the action.
   *
   * @throws java.io.InterruptedIOException if the thread is interrupted while it waits
   */
  static <T> T holding(Path directory, Action<T> action) throws IOException {
    Mutex mutex = acquire(directory);
    try {
      return action.run();
    } finally {
      release(mutex.name, mutex.channel);
    }
  }

  private static Mutex acquire(Path directory) throws IOException {
    // The inode identifies a directory, which may be mounted twice.
    Object key = Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
    String name = (PROPERTY + key).intern();
    enter(name);
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              directory.resolve(FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      while (channel.tryLock() == null) {
        Interrupts.sleep(POLL_MILLISECONDS);
      }
      return new Mutex(name, channel);
    } catch (IOException | RuntimeException | Error e) {
      release(name, channel);
      throw e;
    }
  }

  private static void release(String name, @Nullable FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      leave(name);
    }
  }

  private static void enter(String name) throws IOException {
    synchronized (name) {
      while (System.getProperty(name) != null) {
        try {
          name.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw Interrupts.interrupted();
        }
      }
      System.setProperty(name, Thread.currentThread().getName());
    }
  }

  private static void leave(String name) {
    synchronized (name) {
      System.clearProperty(name);
      name.notifyAll();
    }
  }
}
