// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.source.ModelDirectory;
import io.github.pyflink.ml.embedded.source.ModelSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for new versions of a model and opens them for one subtask, while an older one predicts.
 *
 * <p>All work is done on a separate thread, which the subtasks of the model share. The lock is
 * never held while files are read or Python is called.
 *
 * <p>Owns a version from when it is open until {@link #poll} returns it, and from {@link #retire}
 * on; closing releases them.
 *
 * @param <P> predicts rows by a version
 */
final class ModelReloader<P extends Predictor> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ModelReloader.class);

  private final String model;
  private final ModelSource source;
  private final Function<ModelDirectory, P> opener;
  private final Duration interval;

  /** Whether the opening of a version ends when its thread is interrupted. */
  private final boolean isInterruptible;

  private final Counter reloads;
  private final Counter failedReloads;
  private final PythonThread thread;

  /** A version that is open and waits for the task's thread. */
  private final AtomicReference<P> next = new AtomicReference<>();

  // Used by the thread only.
  private ModelDirectory seen;
  private String opened;
  @Nullable private String unreachable;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Set<P> replaced = new HashSet<>();

  @GuardedBy("lock")
  private Future<?> look;

  /** The thread while it works, or null. */
  @GuardedBy("lock")
  @Nullable
  private Thread worker;

  @GuardedBy("lock")
  private boolean closed;

  /**
   * Begins to look for newer versions.
   *
   * @param first the files of the version that predicts; borrowed
   * @param opener opens a version while another one predicts; takes its files, also where it throws
   */
  ModelReloader(
      PythonModel model,
      ModelDirectory first,
      Function<ModelDirectory, P> opener,
      PredictMetrics metrics) {
    Loading loading = model.loading();
    this.model = model.name();
    this.source = loading.source;
    this.opener = opener;
    this.interval = loading.reloadInterval;
    this.isInterruptible = model.runsInWorkers();
    this.reloads = metrics.reloads();
    this.failedReloads = metrics.failedReloads();
    this.seen = first;
    this.opened = first.version();
    this.thread = PythonThread.open("reload " + model.identity(), model.name() + " reload");
    scheduleLook();
  }

  /**
   * Returns a newer version that is open, which the caller then owns, or null. Costs one volatile
   * read where there is none.
   */
  @Nullable
  P poll() {
    return next.get() == null ? null : next.getAndSet(null);
  }

  /** Takes a version that another one replaces, and closes it when its rows are completed. */
  void retire(P old, P successor) {
    String version = successor.version().directory().version();
    synchronized (lock) {
      replaced.add(old);
      submit(() -> drain(old, version), Duration.ZERO);
    }
  }

  /** Waits for a version that is being opened, and closes all versions that this owns. */
  @Override
  public void close() {
    List<P> left;
    synchronized (lock) {
      closed = true;
      look.cancel(false); // the thread would keep this object until the next look
      awaitWork();
      left = new ArrayList<>(replaced);
      replaced.clear();
    }
    thread.close();
    P unused = next.getAndSet(null);
    if (unused != null) {
      left.add(unused);
    }
    left.forEach(this::closeLogged);
  }

  @GuardedBy("lock")
  private void awaitWork() {
    boolean interrupted = false;
    if (worker != null && isInterruptible) {
      worker.interrupt();
    }
    while (worker != null) {
      try {
        lock.wait();
      } catch (InterruptedException e) {
        interrupted = true; // what Python opens must not be freed before it is open
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void scheduleLook() {
    synchronized (lock) {
      look = submit(this::look, interval);
    }
  }

  /** Schedules work on the thread; it is dropped where this is closed before. */
  @Nullable
  private Future<?> submit(Runnable work, Duration delay) {
    synchronized (lock) {
      return closed ? null : thread.schedule(() -> run(work), delay);
    }
  }

  private void run(Runnable work) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      worker = Thread.currentThread();
    }
    try {
      work.run();
    } finally {
      synchronized (lock) {
        worker = null;
        Thread.interrupted(); // by close
        lock.notifyAll();
      }
    }
  }

  private void look() {
    try {
      source.openIfNewer(seen).ifPresent(this::open);
      unreachable = null;
    } catch (Throwable t) { // third-party file systems may throw anything
      if (isClosed()) {
        return;
      }
      failedReloads.inc();
      if (!t.toString().equals(unreachable)) {
        LOG.warn("Model '{}': cannot look for a new version: {}", model, t.toString(), t);
      }
      unreachable = t.toString();
    } finally {
      scheduleLook();
    }
  }

  private void open(ModelDirectory directory) {
    seen = directory;
    if (directory.version().equals(opened)) { // a broken version was reverted
      OpenModel.release(directory);
      return;
    }
    P predictor;
    try {
      predictor = opener.apply(directory);
    } catch (Throwable t) { // whatever the cause, the old version works
      if (isClosed()) {
        return;
      }
      failedReloads.inc();
      LOG.warn(
          "Model '{}': version {} is broken, version {} stays: {}",
          model,
          directory.version(),
          opened,
          t.getMessage());
      return;
    }
    opened = directory.version();
    P unused = next.getAndSet(predictor);
    if (unused != null) {
      closeLogged(unused);
    }
  }

  private boolean isClosed() {
    synchronized (lock) {
      return closed;
    }
  }

  private void drain(P old, String successor) {
    reloads.inc();
    LOG.info(
        "Model '{}': version {} has taken over from version {}",
        model,
        successor,
        old.version().directory().version());
    old.drain(() -> submit(() -> discard(old), Duration.ZERO));
  }

  private void discard(P old) {
    synchronized (lock) {
      replaced.remove(old);
    }
    closeLogged(old);
  }

  /** Closes a version that no row needs: a failure is logged and fails no row. */
  private void closeLogged(P predictor) {
    try {
      predictor.close();
    } catch (RuntimeException | Error e) {
      LOG.warn("A replaced version failed to close: {}", e.getMessage(), e);
    }
  }
}
