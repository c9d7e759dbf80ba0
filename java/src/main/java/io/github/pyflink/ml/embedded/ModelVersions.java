// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.source.OpenDependencies;
import java.io.IOException;
import java.io.Serializable;
import java.util.function.Function;
import javax.annotation.Nullable;
import org.apache.flink.table.functions.FunctionContext;

/**
 * The open versions of a model in one subtask: the one that predicts, and where the model reloads,
 * those that wait for their first row or drain. Owns them; closing releases them. For one thread at
 * a time.
 *
 * @param <P> predicts rows by a version
 */
final class ModelVersions<P extends Predictor> implements AutoCloseable, Serializable {

  private static final long serialVersionUID = 1L;

  private enum State {
    NEW,
    OPEN,
    CLOSED
  }

  private final PythonModel model;

  private State state = State.NEW;
  @Nullable private transient OpenDependencies dependencies;
  @Nullable private transient P current;
  @Nullable private transient PredictMetrics metrics;
  @Nullable private transient ModelReloader<P> reloader;

  ModelVersions(PythonModel model) {
    this.model = model;
  }

  /** Throws where this has been opened or closed before. */
  void requireNew() {
    require(State.NEW);
  }

  /**
   * Opens the newest version, and begins to look for newer ones where the model reloads.
   *
   * @param batching how rows are gathered, or null where each row is a call
   * @param predictor creates the predictor of a version, which it takes unless it throws
   * @throws IOException if the version's files cannot be read or fetched
   * @throws io.github.pyflink.ml.embedded.python.PythonException if Python cannot run here, or the
   *     function cannot be loaded or opened
   */
  void open(
      FunctionContext context,
      @Nullable Batching batching,
      PredictMetrics metrics,
      Function<OpenModel, P> predictor)
      throws IOException {
    requireNew();
    Subtask subtask = Subtask.of(context);
    OpenDependencies opened = model.openDependencies(context);
    dependencies = opened;
    Function<OpenModel, P> reporting = version -> reportingTo(metrics, version, predictor);
    current = predictorOf(model.openNewest(subtask, batching, opened), reporting);
    metrics.predictsWith(current.version());
    this.metrics = metrics;
    if (model.loading().reloads()) {
      reloader =
          new ModelReloader<>(
              model,
              current.version().directory(),
              files -> predictorOf(model.openBeside(files, subtask, batching, opened), reporting),
              metrics);
    }
    state = State.OPEN;
  }

  /** Returns what predicts the next row: the newest version that is open. */
  P current() {
    require(State.OPEN);
    if (reloader != null) {
      P newer = reloader.poll();
      if (newer != null) {
        reloader.retire(current, newer);
        current = newer;
        metrics.predictsWith(newer.version());
      }
    }
    return current;
  }

  /**
   * Closes all versions; a second call has no effect.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the close of the function that
   *     predicted last failed; everything is released all the same
   */
  @Override
  public void close() {
    state = State.CLOSED;
    try {
      if (current != null) {
        P last = current;
        current = null;
        last.close(); // first: a version that does not open may end the worker process of both
      }
    } finally {
      if (reloader != null) {
        reloader.close();
        reloader = null;
      }
      if (dependencies != null) {
        dependencies.close();
        dependencies = null;
      }
    }
  }

  private void require(State required) {
    if (state != required) {
      throw new IllegalStateException(
          "The predict function of model '" + model.name() + "' is " + state + ", not " + required);
    }
  }

  private P reportingTo(
      PredictMetrics metrics, OpenModel version, Function<OpenModel, P> predictor) {
    if (model.metricsLevel() != MetricsLevel.OFF) {
      version.function().reportTo(metrics);
    }
    return predictor.apply(version);
  }

  private static <P> P predictorOf(OpenModel version, Function<OpenModel, P> predictor) {
    try {
      return predictor.apply(version);
    } catch (Throwable t) {
      version.close();
      throw t;
    }
  }
}
