// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import io.github.pyflink.ml.embedded.python.FunctionProcess;
import io.github.pyflink.ml.embedded.python.PythonException;
import io.github.pyflink.ml.embedded.python.WorkerLostException;
import io.github.pyflink.ml.embedded.source.EnvironmentDirectory;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.ReentrantLock;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker and those that replace it. Owns the process; {@link #close} ends it. For any thread. */
final class WorkerPlace implements FunctionProcess {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerPlace.class);

  private final WorkerModel model;

  /** Held while a process is started. */
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Restarts restarts;

  /** Why no further process is started, or null. */
  @GuardedBy("lock")
  @Nullable
  private RestartsExceededException failure;

  /** Open from the first start on, if the model has one. */
  @GuardedBy("lock")
  @Nullable
  private EnvironmentDirectory environment;

  @Nullable private volatile Worker worker;

  private volatile long restarted;

  WorkerPlace(WorkerModel model) {
    this.model = model;
    this.restarts = new Restarts(model);
  }

  WorkerModel model() {
    return model;
  }

  /**
   * Opens a function, in a new process where there is none or the last one has ended.
   *
   * @param isFirst whether the function was never open: then it is not opened again after a process
   *     that it has for itself has ended
   * @throws PythonException if no process can be started, or the function cannot be loaded or
   *     opened
   * @throws RestartsExceededException if the processes end too often
   */
  RemoteFunction open(String request, boolean isFirst) throws InterruptedException {
    while (true) {
      Worker current = current();
      boolean isShared = current.hasFunctions();
      try {
        return current.open(request);
      } catch (WorkerLostException e) {
        if (isFirst && !isShared) {
          throw new PythonException(e.getMessage() + " while it opened the model");
        }
      }
    }
  }

  @Override
  public long residentBytes() {
    Worker current = worker;
    return current == null ? 0 : current.residentBytes();
  }

  @Override
  public long restarts() {
    return restarted;
  }

  /** Kills the process, if there is one; see {@link Worker#kill}. */
  void kill(String reason) {
    Worker current = worker;
    if (current != null) {
      current.kill(reason);
    }
  }

  /** Ends the process and waits for its end. Nobody may open a function then. */
  void close() {
    Worker current = worker;
    if (current != null) {
      current.stop();
    }
    lock.lock();
    try {
      if (environment != null) {
        environment.close();
      }
    } catch (IOException e) {
      LOG.warn("The environment of model '{}' cannot be released", model.name, e);
    } finally {
      lock.unlock();
    }
  }

  private Worker current() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (failure != null) {
        throw failure;
      }
      if (worker == null) {
        start();
      } else if (worker.isDead()) {
        replace();
      }
      return worker;
    } finally {
      lock.unlock();
    }
  }

  /** Starts a process after one that has ended, and again where that ends before it is ready. */
  @GuardedBy("lock")
  private void replace() throws InterruptedException {
    String end = worker.hasEndedInSearch() ? null : "the worker process " + worker.end();
    while (true) {
      try {
        if (end != null) {
          restarts.add(end);
        }
        start();
        restarted++; // with the lock
        return;
      } catch (RestartsExceededException e) {
        failure = e;
        throw e;
      } catch (PythonException e) {
        end = e.getMessage();
      }
    }
  }

  @GuardedBy("lock")
  private void start() throws InterruptedException {
    Worker started = Worker.start(model, executable());
    worker = started;
    try {
      started.awaitReady();
    } catch (PythonException | InterruptedException e) {
      worker = null;
      started.stop();
      throw e;
    }
  }

  @GuardedBy("lock")
  private String executable() throws InterruptedException {
    if (model.options.environment == null) {
      return model.executable;
    }
    try {
      if (environment == null) {
        environment = model.options.environment.open();
      }
      return environment.executable();
    } catch (InterruptedIOException e) {
      throw new InterruptedException(e.getMessage());
    } catch (IOException e) {
      throw new PythonException("model '" + model.name + "': " + e.getMessage());
    }
  }
}
