// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static io.github.pyflink.ml.embedded.python.TimeLimit.CANCEL_LIMIT;

import io.github.pyflink.ml.embedded.python.InterruptedCallException;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker process and what Java knows of it. Owns the process; {@link #stop} ends it. For any
 * thread.
 */
final class Worker {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

  private final WorkerModel model;
  private final String executable;
  private final WorkerProcess process;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> openings = new ConcurrentHashMap<>();
  private final Set<Channel> channels = ConcurrentHashMap.newKeySet();

  /** Rows that may have ended a process are predicted while no other row is. */
  private final ReadWriteLock turns = new ReentrantReadWriteLock();

  /** Why this process was killed; the first reason stays. */
  private final AtomicReference<String> killed = new AtomicReference<>();

  private volatile boolean stops;

  /** Whether the process predicts rows that may have ended the one before. */
  private volatile boolean searches;

  private volatile boolean endedInSearch;

  /** How the process has ended, or null. */
  private volatile String end;

  private Worker(WorkerModel model, String executable, WorkerProcess process) {
    this.model = model;
    this.executable = executable;
    this.process = process;
  }

  /**
   * Starts a process.
   *
   * @throws PythonException if the executable cannot be run
   */
  static Worker start(WorkerModel model, String executable) {
    WorkerProcess process = WorkerProcess.start(model.name, executable);
    Worker worker = new Worker(model, executable, process);
    worker.process.listen(worker::receive, worker::ended);
    worker.send(start(model, WorkerLog.level()));
    return worker;
  }

  /**
   * Waits until the process can open functions.
   *
   * @throws PythonException if it cannot
   */
  void awaitReady() throws InterruptedException {
    try {
      ready.get(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw startFailure(e.getCause().getMessage());
    } catch (TimeoutException e) {
      kill("was not ready within " + START_LIMIT.toSeconds() + " s");
      throw startFailure(awaitDeath().getMessage());
    }
  }

  /**
   * Opens a function.
   *
   * @param request the function, its model and its columns, as JSON
   * @throws WorkerLostException if the process has ended
   * @throws PythonException if the function cannot be loaded or opened
   */
  RemoteFunction open(String request) throws InterruptedException {
    int id = requests.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    openings.put(id, answer);
    try {
      send(JsonNodeFactory.instance.objectNode().put("open", id).put("request", request));
      requireAlive(); // it may have ended before the future was there
      JsonNode opened = answer.get();
      if (opened.has("open_failed")) {
        throw new PythonException(opened.path("text").asText());
      }
      return RemoteFunction.connect(this, opened);
    } catch (ExecutionException e) {
      throw lost();
    } catch (InterruptedException e) {
      withdraw(answer);
      throw e;
    } finally {
      openings.remove(id);
    }
  }

  /**
   * Returns the lock that a call takes.
   *
   * @param isExclusive whether no other call may be in progress
   */
  Lock turn(boolean isExclusive) {
    return isExclusive ? turns.writeLock() : turns.readLock();
  }

  /** Notes whether a call with an exclusive turn is in progress. */
  void setSearches(boolean searches) {
    this.searches = searches;
  }

  /** Returns whether this process ended in the search for a row that had ended another one. */
  boolean hasEndedInSearch() {
    return endedInSearch;
  }

  /** Returns whether functions are open. */
  boolean hasFunctions() {
    return !channels.isEmpty();
  }

  /** Returns the memory that the process has in RAM, or 0 where it has ended. */
  long residentBytes() {
    return process.residentBytes();
  }

  /** Returns the path by which this JVM opens a descriptor of the process. */
  Path descriptor(int number) {
    return Path.of("/proc", String.valueOf(process.pid()), "fd", String.valueOf(number));
  }

  /** Adds a channel whose thread is woken when the process ends. */
  void register(Channel channel) {
    channels.add(channel);
  }

  void unregister(Channel channel) {
    channels.remove(channel);
  }

  /** Returns how the process has ended, as the predicate of a sentence, or null. */
  String end() {
    return end;
  }

  boolean isDead() {
    return end != null;
  }

  /**
   * Does nothing while the process runs.
   *
   * @throws WorkerLostException if it has ended
   */
  void requireAlive() {
    if (isDead()) {
      throw lost();
    }
  }

  /**
   * Kills the process and what it has started. Does not wait.
   *
   * @param reason the predicate of a sentence about the process
   */
  void kill(String reason) {
    killed.compareAndSet(null, reason);
    process.kill();
  }

  /** Waits until the process, which was killed, has ended, and returns the exception for it. */
  WorkerLostException awaitDeath() {
    process.awaitEnd();
    return lost();
  }

  /**
   * Returns the exception for a process whose pipes or memory cannot be used: it is ending, which
   * is reported a little later, or code of the model has closed descriptors that are not its own.
   *
   * @throws InterruptedCallException if the thread was interrupted instead
   */
  WorkerLostException unreachable(IOException cause) {
    if (cause instanceof ClosedChannelException) {
      throw new InterruptedCallException(model.name);
    }
    if (!process.endsWithin(STOP_LIMIT)) {
      kill("could not be reached: " + cause);
    }
    return awaitDeath();
  }

  /** Ends the process: it gets some time to end itself. */
  void stop() {
    stops = process.isAlive();
    process.stop(STOP_LIMIT);
  }

  /** Closes a function whose opening is interrupted, or kills the process if it does not answer. */
  private void withdraw(CompletableFuture<JsonNode> answer) throws InterruptedException {
    try {
      JsonNode opened = answer.get(CANCEL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (opened.has("opened")) {
        RemoteFunction function = RemoteFunction.connect(this, opened);
        function.close(CANCEL_LIMIT);
        function.release();
      }
    } catch (TimeoutException e) {
      kill(Watchdog.CANCELLED);
    } catch (ExecutionException | PythonException e) {
      LOG.debug("A function whose opening was interrupted is not open", e);
    }
  }

  private WorkerLostException lost() {
    return new WorkerLostException("model '" + model.name + "': the worker process " + end);
  }

  private void send(JsonNode frame) {
    try {
      process.send(frame);
    } catch (IOException e) { // it is ending
      LOG.debug("A worker process does not read its input", e);
    }
  }

  /** Runs on a thread of the process. */
  private void receive(JsonNode frame) {
    if (frame.has("log")) {
      WorkerLog.record(
          frame.path("name").asText(), frame.path("log").asInt(), frame.path("text").asText());
    } else if (frame.has("levels_of")) {
      send(levels(frame.path("levels_of")));
    } else if (frame.has("ready")) {
      LOG.info(
          "Model '{}': worker process {} runs Python {} of {}",
          model.name,
          process.pid(),
          frame.path("ready").path("python").asText(),
          frame.path("ready").path("executable").asText());
      ready.complete(null);
    } else if (frame.has("failed")) {
      ready.completeExceptionally(new PythonException(frame.path("failed").asText()));
    } else {
      JsonNode id = frame.has("opened") ? frame.path("opened") : frame.path("open_failed");
      CompletableFuture<JsonNode> opening = openings.get(id.asInt());
      if (opening != null) {
        opening.complete(frame);
      }
    }
  }

  /** Runs on a thread of the process, when it and its children have ended. */
  private void ended(int exitValue, String lastOutput) {
    String reason = killed.get() == null ? ExitReason.of(exitValue) : killed.get();
    endedInSearch = searches;
    end = reason;
    if (!stops || killed.get() != null) {
      LOG.warn("Model '{}': worker process {} {}", model.name, process.pid(), reason);
    }
    ready.completeExceptionally(
        new PythonException(
            "it "
                + reason
                + (lastOutput.isEmpty()
                    ? ", and printed nothing"
                    : ", and printed:\n" + lastOutput)));
    openings.values().forEach(opening -> opening.completeExceptionally(lost()));
    channels.forEach(Channel::wake);
  }

  private PythonException startFailure(String problem) {
    return new PythonException(
        "model '"
            + model.name
            + "': a worker process of the Python executable '"
            + executable
            + "' could not be started: "
            + problem
            + environmentRemedy());
  }

  private String environmentRemedy() {
    return model.options.environment == null
        ? ""
        : "\nThis executable is of the environment '"
            + model.options.environment
            + "'. Change the environment itself and pack it again; do not change its copy in the"
            + " cache.";
  }

  private static ObjectNode levels(JsonNode names) {
    ObjectNode frame = JsonNodeFactory.instance.objectNode();
    ObjectNode levels = frame.putObject("levels");
    names.forEach(name -> levels.put(name.asText(), WorkerLog.level(name.asText())));
    return frame;
  }

  private static ObjectNode start(WorkerModel model, int logLevel) {
    ObjectNode frame = JsonNodeFactory.instance.objectNode();
    long memory = model.options.memoryBytes;
    frame
        .putObject("start")
        .put("model", model.name)
        .put("memory_bytes", memory == 0 ? null : (Long) memory)
        .put("log_level", logLevel);
    return frame;
  }
}
