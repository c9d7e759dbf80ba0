// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.JdkThreads;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.PythonScript;
import io.github.pyflink.ml.embedded.python.SharedThread;
import io.github.pyflink.ml.embedded.python.Version;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operating system's side of a worker: its process, the threads that read what it writes, and
 * its end.
 */
final class WorkerProcess {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);

  /**
   * Starts processes. The kernel ends a worker when the thread that started it ends, so the thread
   * lives as long as any worker.
   */
  private static final SharedThread STARTER =
      SharedThread.forProcesses("pyflink-ml-embedded-workers");

  /** What is kept of the output for the message of a start that fails. */
  private static final int KEPT_CHARS = 2000;

  /** How long the end of the output is waited for after the end of the process. */
  private static final Duration OUTPUT_LIMIT = Duration.ofMillis(200);

  /** Called when a process has ended. */
  interface EndListener {

    /**
     * Handles the end.
     *
     * @param lastOutput the end of what the process wrote to its standard error
     */
    void ended(int exitValue, String lastOutput);
  }

  private final String model;
  private final Process process;
  private final DataOutputStream input;
  private final StringBuffer lastOutput = new StringBuffer();
  private Thread output;
  private Thread end;

  private WorkerProcess(String model, Process process) {
    this.model = model;
    this.process = process;
    this.input = new DataOutputStream(process.getOutputStream());
  }

  /**
   * Starts a process.
   *
   * @throws PythonException if the executable cannot be run
   */
  static WorkerProcess start(String model, String executable) {
    ProcessBuilder builder =
        new ProcessBuilder(
            executable, "-c", PythonScript.read(WorkerProcess.class, "worker.py"), Version.OF_JAR);
    STARTER.acquire();
    try {
      return new WorkerProcess(model, STARTER.call(JdkThreads.starting(builder)));
    } catch (ExecutionException e) {
      STARTER.release();
      throw new PythonException(
          "model '"
              + model
              + "': the Python executable '"
              + executable
              + "' cannot be run: "
              + e.getCause().getMessage()
              + ". Set the option 'python.executable' to a working Python on every TaskManager.");
    }
  }

  /**
   * Begins to read what the process writes.
   *
   * @param receiver gets each frame, on one thread
   * @param listener is called once, when the process and its children have ended
   */
  void listen(Consumer<JsonNode> receiver, EndListener listener) {
    thread("frames", () -> readFrames(receiver));
    output = thread("output", this::readOutput);
    end = thread("end", () -> awaitExit(listener));
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Returns the memory that the process has in RAM, or 0 where it has ended. */
  long residentBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid()), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  /**
   * Sends a frame.
   *
   * @throws IOException if the process has ended
   */
  synchronized void send(JsonNode frame) throws IOException {
    Frames.write(input, frame);
  }

  /** Kills the process; its children end when its end is noticed. */
  void kill() {
    process.destroyForcibly();
  }

  /** Closes the input of the process, kills it if it does not end then, and waits for its end. */
  void stop(Duration limit) {
    try {
      process.getOutputStream().close();
    } catch (IOException e) { // it has ended
      LOG.debug("The input of a worker process cannot be closed", e);
    }
    boolean interrupted = Thread.interrupted();
    if (!endsWithin(limit)) {
      kill();
    }
    awaitEnd();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the end of the process for some time, or until the thread is interrupted. */
  boolean endsWithin(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Waits for the end of the process. */
  void awaitEnd() {
    boolean interrupted = false;
    while (end.isAlive()) {
      try {
        end.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void readFrames(Consumer<JsonNode> receiver) {
    try (DataInputStream in = new DataInputStream(process.getInputStream())) {
      for (JsonNode frame = Frames.read(in); frame != null; frame = Frames.read(in)) {
        receiver.accept(frame);
      }
    } catch (IOException e) {
      LOG.debug("The output of a worker process cannot be read", e);
      kill();
    }
  }

  private void readOutput() {
    try (var in = process.getErrorStream()) {
      OutputLines.read(
          in,
          line -> {
            WorkerLog.line(model, line);
            keep(line);
          });
    } catch (IOException e) {
      LOG.debug("The standard error of a worker process cannot be read", e);
    }
  }

  private void keep(String line) {
    lastOutput.append(line).append('\n');
    lastOutput.delete(0, Math.max(0, lastOutput.length() - KEPT_CHARS));
  }

  private void awaitExit(EndListener listener) {
    try {
      int exitValue = process.waitFor();
      ProcessGroup.kill(process.pid());
      // Nearly always at once; a child that has left the process group may keep the stream open.
      output.join(OUTPUT_LIMIT.toMillis());
      listener.ended(exitValue, lastOutput.toString().strip());
    } catch (InterruptedException e) {
      throw new IllegalStateException("Nobody interrupts this thread", e);
    } finally {
      STARTER.release();
    }
  }

  private Thread thread(String task, Runnable work) {
    Thread thread = JdkThreads.make(work, model + " worker " + task, 0);
    // Not the class loader of the job that starts the thread: other jobs may outlive it.
    thread.setContextClassLoader(WorkerProcess.class.getClassLoader());
    thread.start();
    return thread;
  }
}
