// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory of a worker that is mapped into this JVM. It stays valid when the worker has ended. No
 * view may be used after {@link #close}.
 */
final class MappedMemory implements AutoCloseable {

  private final ByteBuffer memory;

  private MappedMemory(ByteBuffer memory) {
    this.memory = memory;
  }

  /**
   * Maps a file.
   *
   * @throws IOException if it cannot be opened, because the worker has ended, or mapped
   */
  static MappedMemory of(Path file, long size) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new MappedMemory(channel.map(MapMode.READ_WRITE, 0, size));
    }
  }

  long size() {
    return memory.capacity();
  }

  /** Returns a view of a part. */
  ByteBuffer view(int offset, int size) {
    ByteBuffer part = memory.duplicate();
    part.position(offset).limit(offset + size);
    return part.slice();
  }

  /** Unmaps the memory. A garbage collection would do it too, but may not come for hours. */
  @Override
  public void close() {
    Unmapping.unmap(memory);
  }

  /** The function of the JDK, which Java 11 has only in an internal class. */
  private static final class Unmapping {

    private static final Object UNSAFE;
    private static final Method INVOKE_CLEANER;

    static {
      try {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field instance = type.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        UNSAFE = instance.get(null);
        INVOKE_CLEANER = type.getMethod("invokeCleaner", ByteBuffer.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    static void unmap(ByteBuffer memory) {
      try {
        INVOKE_CLEANER.invoke(UNSAFE, memory);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException("Memory cannot be unmapped", e);
      }
    }
  }
}
