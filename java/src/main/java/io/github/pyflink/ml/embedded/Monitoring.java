// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROFILE_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SLOW_PREDICT_THRESHOLD;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TAP_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.TAP_RATIO;

import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;

/** What watches the functions of a model; Python does so in both execution modes. */
final class Monitoring implements Serializable {

  private static final long serialVersionUID = 1L;

  /** After this time a call is logged; 0 for never. */
  private final Duration slowPredictThreshold;

  @Nullable private final String profileDirectory;
  @Nullable private final String tapDirectory;
  private final double tapRatio;

  private Monitoring(
      Duration slowPredictThreshold,
      @Nullable String profileDirectory,
      @Nullable String tapDirectory,
      double tapRatio) {
    this.slowPredictThreshold = slowPredictThreshold;
    this.profileDirectory = profileDirectory;
    this.tapDirectory = tapDirectory;
    this.tapRatio = tapRatio;
  }

  /**
   * Reads the options of a model.
   *
   * @throws ValidationException if an option has an invalid value, or no effect
   */
  static Monitoring of(ReadableConfig options) {
    Duration threshold = options.get(SLOW_PREDICT_THRESHOLD);
    double ratio = options.get(TAP_RATIO);
    String tapDirectory = directory(options, TAP_DIRECTORY);
    OptionValues.require(
        threshold.isZero() || threshold.toMillis() > 0,
        SLOW_PREDICT_THRESHOLD,
        threshold,
        "0, or 1 ms or more");
    OptionValues.require(ratio > 0 && ratio <= 1, TAP_RATIO, ratio, "above 0 and at most 1");
    if (tapDirectory == null && options.getOptional(TAP_RATIO).isPresent()) {
      throw new ValidationException(
          String.format(
              "Option '%s' needs the option '%s', which is not set. Set both or none.",
              TAP_RATIO.key(), TAP_DIRECTORY.key()));
    }
    return new Monitoring(threshold, directory(options, PROFILE_DIRECTORY), tapDirectory, ratio);
  }

  /**
   * Returns what Python does, or null if that is nothing.
   *
   * @param version that of the model's files, or null
   * @param attempt how often the task was started before
   */
  @Nullable
  ObjectNode toJson(@Nullable String version, int attempt) {
    if (slowPredictThreshold.isZero() && profileDirectory == null && tapDirectory == null) {
      return null;
    }
    return JsonNodeFactory.instance
        .objectNode()
        .put(
            "slow_predict_ms",
            slowPredictThreshold.isZero() ? null : (Long) slowPredictThreshold.toMillis())
        .put("profile_directory", profileDirectory)
        .put("tap_directory", tapDirectory)
        .put("tap_ratio", tapRatio)
        .put("version", version)
        .put("attempt", attempt);
  }

  @Nullable
  private static String directory(ReadableConfig options, ConfigOption<String> option) {
    String directory = options.getOptional(option).orElse(null);
    OptionValues.require(
        directory == null || Path.of(directory).isAbsolute(),
        option,
        "'" + directory + "'",
        "an absolute path on every TaskManager");
    return directory;
  }
}
