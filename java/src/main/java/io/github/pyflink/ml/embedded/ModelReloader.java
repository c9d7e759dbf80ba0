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
import javax.annotation.Nullable;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for new versions of a model and opens them for one subtask, while an older one predicts.
 *
 * <p>All work is done on a thread beside the task's, which the subtasks of the model share. The
 * lock is never held while files are read or Python is called.
 *
 * <p>Owns a version from when it is open until the task's thread takes it, and again once it is
 * replaced.
 *
 * @param <P> what predicts by a version
 */
final class ModelReloader<P extends Predictor> implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ModelReloader.class);

  private final VersionOpener<P> opener;
  private final String model;
  private final ModelSource source;
  private final Duration interval;
  private final Counter reloads;
  private final Counter failedReloads;
  private final PythonThread thread;

  /** A version that is open and waits for the task's thread. */
  private final AtomicReference<P> next = new AtomicReference<>();

  // Of the thread.
  private ModelDirectory seen;
  private String opened;
  @Nullable private String unreachable;

  private final Object lock = new Object();

  // Guarded by the lock.
  private final Set<P> replaced = new HashSet<>();
  private Future<?> look;
  private boolean working;
  private boolean closed;

  /** Begins to look for versions after the one that was opened first. */
  ModelReloader(VersionOpener<P> opener, P first, PredictMetrics metrics) {
    Loading loading = opener.model().loading();
    this.opener = opener;
    this.model = opener.model().name();
    this.source = loading.source;
    this.interval = loading.reloadInterval;
    this.reloads = metrics.reloads();
    this.failedReloads = metrics.failedReloads();
    this.seen = first.version().directory();
    this.opened = seen.version();
    this.thread = PythonThread.open("reload " + opener.model().identity(), model + " reload");
    scheduleLook();
  }

  /**
   * Returns what predicts the next row: the newest version that is open, or what predicted so far.
   * Takes the latter where it returns another one.
   */
  P newest(P current) {
    if (next.get() == null) {
      return current;
    }
    P newer = next.getAndSet(null);
    String version = newer.version().directory().version();
    synchronized (lock) {
      replaced.add(current);
      submit(() -> retire(current, version), Duration.ZERO);
    }
    return newer;
  }

  /** Waits until a version that is being opened is open, and closes all versions that it owns. */
  @Override
  public void close() {
    List<P> left;
    synchronized (lock) {
      closed = true;
      look.cancel(false); // the thread would keep this until then
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

  private void awaitWork() {
    boolean interrupted = false;
    while (working) {
      try {
        lock.wait();
      } catch (InterruptedException e) {
        interrupted = true; // Python cannot be left alone with what it opens
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

  /** Has work done on the thread, unless this is closed before. */
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
      working = true;
    }
    try {
      work.run();
    } finally {
      synchronized (lock) {
        working = false;
        lock.notifyAll();
      }
    }
  }

  private void look() {
    try {
      source.openIfNewer(seen).ifPresent(this::open);
      unreachable = null;
    } catch (Throwable t) { // of a file system, which may be anybody's
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
    if (directory.version().equals(opened)) { // a broken one was taken back
      OpenModel.giveBack(directory);
      return;
    }
    P predictor;
    try {
      predictor = opener.openBeside(directory);
    } catch (Throwable t) { // whatever it is, the old version works
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

  private void retire(P old, String successor) {
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

  /** Closes a version that no row needs, so that no row fails by it. */
  private void closeLogged(P predictor) {
    try {
      predictor.close();
    } catch (RuntimeException | Error e) {
      LOG.warn("A replaced version failed to close: {}", e.getMessage(), e);
    }
  }
}
