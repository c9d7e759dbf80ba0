package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.source.ModelDirectory;
import java.io.IOException;
import java.util.function.Function;
import org.apache.flink.api.common.TaskInfo;

/**
 * Opens versions of a model for one subtask.
 *
 * @param <P> what predicts by them
 */
final class VersionOpener<P extends Predictor> {

  private final PythonModel model;
  private final TaskInfo task;
  private final int batchSize;
  private final Function<OpenModel, P> predictor;

  /**
   * Makes an opener.
   *
   * @param batchSize the most rows of one call, or 0 where each row is a call
   * @param predictor makes the predictor of a version, which it takes unless it throws
   */
  VersionOpener(PythonModel model, TaskInfo task, int batchSize, Function<OpenModel, P> predictor) {
    this.model = model;
    this.task = task;
    this.batchSize = batchSize;
    this.predictor = predictor;
  }

  /**
   * Opens the newest version, on the task's thread.
   *
   * @throws IOException if its files cannot be had
   */
  P openNewest() throws IOException {
    return predictorOf(model.openNewest(task, batchSize));
  }

  /** Opens a version while another one predicts. Takes its files, also where it throws. */
  P openBeside(ModelDirectory directory) {
    return predictorOf(model.openBeside(directory, task, batchSize));
  }

  PythonModel model() {
    return model;
  }

  private P predictorOf(OpenModel version) {
    try {
      return predictor.apply(version);
    } catch (Throwable t) {
      version.close();
      throw t;
    }
  }
}
