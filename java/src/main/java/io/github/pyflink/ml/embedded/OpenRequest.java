// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ArrowTypes;
import io.github.pyflink.ml.embedded.source.ModelDirectory;
import io.github.pyflink.ml.embedded.source.OpenDependencies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One subtask's request to open one version of a model, which {@code _runtime/request.py} reads.
 */
final class OpenRequest {

  /** What happens with a sample row when the function is open. */
  enum WarmUp {
    /** It is not predicted. */
    OFF,
    /** It is predicted; a failure is logged. */
    TRY,
    /** It is predicted; a failure fails the request. */
    REQUIRE
  }

  private final PythonModel model;
  private final OpenDependencies dependencies;
  private final Subtask subtask;
  @Nullable private final Batching batching;
  private final WarmUp warmUp;
  private final boolean background;

  /**
   * Creates a request.
   *
   * @param batching how rows are gathered, or null where each row is a call
   * @param background whether an older version predicts meanwhile
   */
  OpenRequest(
      PythonModel model,
      OpenDependencies dependencies,
      Subtask subtask,
      @Nullable Batching batching,
      WarmUp warmUp,
      boolean background) {
    this.model = model;
    this.dependencies = dependencies;
    this.subtask = subtask;
    this.batching = batching;
    this.warmUp = warmUp;
    this.background = background;
  }

  /**
   * Returns the request as JSON.
   *
   * @param files those of the version, or null where the provider has no option for them
   */
  String toJson(@Nullable ModelDirectory files) {
    ModelConfig config = ModelConfig.parse(model.config());
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model", model.name());
    request.put("python_class", model.pythonClass());
    request.set("files", files == null ? unfetched(config) : fetched(files, config));
    request.set("dependencies", dependencies.isEmpty() ? null : dependencies());
    request.set("properties", config.properties());
    ArrayNode sensitive = request.putArray("sensitive_properties");
    List<String> names = new ArrayList<>();
    config.properties().fieldNames().forEachRemaining(names::add);
    Secrets.sensitive(names).forEach(sensitive::add);
    request.put("allow_pickle", model.loading().allowPickle && Pickles.areAllowedHere());
    request.set("model_config", isRepeated(config) ? null : config.toJson());
    request.set("inputs", ArrowTypes.toJson(model.inputType()));
    request.set("outputs", ArrowTypes.toJson(model.outputType()));
    request.put("subtask_index", subtask.index);
    request.put("parallelism", subtask.parallelism);
    request.set("batch", batching == null ? null : batch(batching));
    Duration limit = model.predictTimeout();
    request.put("predict_timeout", limit.isZero() ? null : (Double) (limit.toNanos() / 1e9));
    request.put("warm_up", warmUp.name().toLowerCase(Locale.ROOT));
    request.put("background", background);
    String version = files == null ? null : files.version();
    request.set("monitoring", model.monitoring().toJson(version, subtask.attempt));
    request.put("version", version);
    request.put("caller", caller());
    return request.toString();
  }

  private ObjectNode dependencies() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    dependencies.importPaths().forEach(json.putArray("import_paths")::add);
    return json.put("archives", dependencies.archives());
  }

  /** Describes the subtask, the calling thread and the mode for the log. */
  private String caller() {
    return String.format(
        "%s, thread '%s', execution mode %s",
        subtask, Thread.currentThread().getName(), model.runsInWorkers() ? "process" : "thread");
  }

  private static ObjectNode batch(Batching batching) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("size", batching.size)
        .put("length_column", batching.lengthColumn)
        .put("max_length", batching.maxLength);
  }

  private static ObjectNode fetched(ModelDirectory files, ModelConfig config) {
    String origin = config.directory() == null ? files.version() : config.directory();
    return files(origin, files.isForMlflow() ? "mlflow" : "jvm", files.path());
  }

  /** Returns the directory that only the configuration names: it is used in place. */
  @Nullable
  private static ObjectNode unfetched(ModelConfig config) {
    String directory = config.directory();
    return directory == null ? null : files(directory, "jvm", directory);
  }

  private static ObjectNode files(String origin, String fetcher, String directory) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("origin", origin)
        .put("fetcher", fetcher)
        .put("directory", directory);
  }

  /** Returns whether the configuration has nothing that the rest of the request does not have. */
  private boolean isRepeated(ModelConfig config) {
    return config
        .toJson()
        .equals(
            ModelConfig.of(
                    config.directory(),
                    model.pythonClass(),
                    config.properties(),
                    model.inputType(),
                    model.outputType())
                .toJson());
  }
}
