// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.InterruptedCallException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Calls a thread of a worker: a page of shared memory, and two pipes that wake the side that
 * sleeps. Owns them; closing releases them. For one thread at a time, but for {@link #wake}.
 */
final class Channel implements AutoCloseable {

  /** How long a thread watches for an answer before it sleeps. To be woken takes about as long. */
  private static final long WATCH_NANOS = 50_000;

  /** After so many answers that came later, a thread sleeps at once. */
  private static final int MAX_MISSES = 4;

  /** One of so many calls is watched all the same, because calls may have become shorter. */
  private static final int TRIAL_INTERVAL = 32;

  private static final long POLL_NANOS = 100_000;

  private final Worker worker;
  private final MappedMemory memory;
  private final Page page;

  /** Not a FileChannel: an interrupt would leave open whether the byte was written. */
  private final FileOutputStream request;

  private final FileChannel response;

  /** The other end of the response pipe. */
  private final FileOutputStream waker;

  private final ByteBuffer read = ByteBuffer.allocateDirect(64);

  private int requests;

  /** For each operation, how many answers have come late since one that came soon. */
  private final int[] misses = new int[Operation.COUNT];

  private Channel(
      Worker worker,
      MappedMemory memory,
      FileOutputStream request,
      FileChannel response,
      FileOutputStream waker) {
    this.worker = worker;
    this.memory = memory;
    this.page = new Page(memory.view(0, (int) memory.size()));
    this.request = request;
    this.response = response;
    this.waker = waker;
  }

  /**
   * Opens a channel that a worker has made.
   *
   * @param description its descriptors in the worker
   * @throws IOException if it cannot be opened, because the worker has ended
   */
  static Channel open(Worker worker, JsonNode description) throws IOException {
    Path response = worker.descriptor(description.path("response").asInt());
    MappedMemory memory = null;
    FileOutputStream request = null;
    FileChannel reader = null;
    FileOutputStream waker = null;
    try {
      memory =
          MappedMemory.of(
              worker.descriptor(description.path("memory").asInt()),
              description.path("size").asLong());
      request =
          new FileOutputStream(worker.descriptor(description.path("request").asInt()).toFile());
      reader = FileChannel.open(response, StandardOpenOption.READ);
      waker = new FileOutputStream(response.toFile());
      Channel channel = new Channel(worker, memory, request, reader, waker);
      worker.register(channel);
      return channel;
    } catch (IOException e) {
      closeAll(memory, request, reader, waker);
      throw e;
    }
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @return the first result
   * @throws WorkerLostException if the worker has ended
   * @throws InterruptedCallException if the thread is interrupted; the channel can then only be
   *     closed
   */
  long call(int operation, long a0, long a1, long a2, long a3) {
    try {
      send(operation, a0, a1, a2, a3);
      if (misses[operation] < MAX_MISSES || requests % TRIAL_INTERVAL == 0) {
        misses[operation] = isAnsweredSoon() ? 0 : misses[operation] + 1;
      }
      while (!isAnswered()) {
        sleep();
      }
    } catch (IOException e) {
      throw worker.unreachable(e);
    }
    return page.result(0);
  }

  /**
   * Sends a request and waits for its answer, however often the thread is interrupted or was
   * interrupted before.
   *
   * @return whether the answer came in time
   * @throws WorkerLostException if the worker has ended
   */
  boolean callWithin(Duration limit, int operation) {
    try {
      send(operation, 0, 0, 0, 0);
    } catch (IOException e) {
      throw worker.unreachable(e);
    }
    return isAnsweredWithin(limit);
  }

  /**
   * Waits for the answer to the last request without the pipe.
   *
   * @throws WorkerLostException if the worker has ended
   */
  boolean isAnsweredWithin(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (!isAnswered()) {
      worker.requireAlive();
      if (System.nanoTime() - end > 0) {
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return true;
  }

  /** Returns whether no request is in progress. */
  boolean isAnswered() {
    return page.answered() == requests;
  }

  /** Returns a result of the last request. */
  long result(int index) {
    return page.result(index);
  }

  /** Returns the text of the last request, which failed. */
  String text() {
    return page.text();
  }

  /** Returns numbers that the last request passed instead of a text. */
  int[] numbers(int count) {
    return page.numbers(count);
  }

  /** Wakes a thread that waits for an answer. For any thread. */
  synchronized void wake() {
    try {
      waker.write(0);
    } catch (IOException e) { // it is closed, so nobody waits
    }
  }

  @Override
  public void close() {
    worker.unregister(this);
    closeAll(request, response, waker);
    memory.close();
  }

  private void send(int operation, long a0, long a1, long a2, long a3) throws IOException {
    worker.requireAlive();
    requests++;
    page.write(requests, operation, a0, a1, a2, a3);
    if (page.takeSleepingWorker()) {
      request.write(0);
    }
  }

  private boolean isAnsweredSoon() {
    long end = System.nanoTime() + WATCH_NANOS;
    while (!isAnswered()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      Thread.yield(); // the worker may need this core
    }
    return true;
  }

  /** Sleeps until there may be an answer. */
  private void sleep() throws IOException {
    page.announceSleep();
    if (!isAnswered()) {
      worker.requireAlive();
      read.clear();
      response.read(read);
    }
    page.withdrawSleep();
  }

  private static void closeAll(AutoCloseable... resources) {
    for (AutoCloseable resource : resources) {
      try {
        if (resource != null) {
          resource.close();
        }
      } catch (Exception e) { // of a pipe, which loses nothing
        throw new IllegalStateException(e);
      }
    }
  }
}
