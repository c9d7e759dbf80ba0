// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The memory of a {@link Channel}, which both processes read and write. Numbers that both wait for
 * have cache lines for themselves.
 */
final class Page {

  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private static final int REQUEST = 0;
  private static final int RESPONSE = 64;
  private static final int WORKER_SLEEPS = 128;
  private static final int JAVA_SLEEPS = 192;
  private static final int OPERATION = 256;
  private static final int ARGUMENTS = 264;
  private static final int RESULTS = 320;
  private static final int TEXT_LENGTH = 384;
  private static final int TEXT = 4096;

  private final ByteBuffer memory;

  Page(ByteBuffer memory) {
    this.memory = memory.order(ByteOrder.nativeOrder());
  }

  /** Writes a request; the worker sees it when its number is written. */
  void write(int number, int operation, long a0, long a1, long a2, long a3) {
    memory.putInt(OPERATION, operation);
    memory.putLong(ARGUMENTS, a0);
    memory.putLong(ARGUMENTS + 8, a1);
    memory.putLong(ARGUMENTS + 16, a2);
    memory.putLong(ARGUMENTS + 24, a3);
    INT.setVolatile(memory, REQUEST, number);
  }

  /** Returns the number of the last request that was answered. */
  int answered() {
    return (int) INT.getAcquire(memory, RESPONSE);
  }

  /** Returns whether the worker sleeps; then nobody else wakes it. */
  boolean takeSleepingWorker() {
    return (int) INT.getVolatile(memory, WORKER_SLEEPS) == 1
        && INT.compareAndSet(memory, WORKER_SLEEPS, 1, 0);
  }

  /** Announces that a Java thread is about to sleep; {@link #answered} must be checked after it. */
  void announceSleep() {
    INT.setVolatile(memory, JAVA_SLEEPS, 1);
    VarHandle.fullFence();
  }

  /** Withdraws the announcement; a byte may be on its way all the same. */
  void withdrawSleep() {
    INT.compareAndSet(memory, JAVA_SLEEPS, 1, 0);
  }

  long result(int index) {
    return memory.getLong(RESULTS + 8 * index);
  }

  /** Returns the text of an error. */
  String text() {
    byte[] bytes = new byte[memory.getInt(TEXT_LENGTH)];
    ByteBuffer area = memory.duplicate();
    area.position(TEXT);
    area.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns numbers that were passed instead of a text. */
  int[] numbers(int count) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = memory.getInt(TEXT + 4 * i);
    }
    return numbers;
  }
}
