// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_RELOAD_INTERVAL;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.WARM_UP;

import io.github.pyflink.ml.embedded.source.ModelSource;
import java.io.Serializable;
import java.time.Duration;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** The source of a model's files, and how they are loaded. */
final class Loading implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Null where the provider has no option for it: the Python class finds its own files. */
  @Nullable final ModelSource source;

  /** Whether the model must predict a sample row when it is opened. */
  final boolean warmUp;

  /** The interval at which a new version is looked for, or 0. */
  final Duration reloadInterval;

  /** Whether the model's options and the client's configuration allow pickles. */
  final boolean allowPickle;

  Loading(
      @Nullable ModelSource source, boolean warmUp, Duration reloadInterval, boolean allowPickle) {
    this.source = source;
    this.warmUp = warmUp;
    this.reloadInterval = reloadInterval;
    this.allowPickle = allowPickle;
  }

  /**
   * Reads the options of a model.
   *
   * @param flink the configuration of the client
   * @throws ValidationException if an option has an invalid value
   */
  static Loading of(ReadableConfig options, ReadableConfig flink) {
    Duration interval = options.get(MODEL_RELOAD_INTERVAL);
    OptionValues.require(!interval.isNegative(), MODEL_RELOAD_INTERVAL, interval, "0 or more");
    boolean hasSource = options.getOptional(MODEL_DIRECTORY_PATH).isPresent();
    if (!hasSource && !interval.isZero()) {
      throw new ValidationException(
          String.format(
              "Option '%s' needs the option '%s', which is not set. Set both or none.",
              MODEL_RELOAD_INTERVAL.key(), MODEL_DIRECTORY_PATH.key()));
    }
    return new Loading(
        hasSource ? ModelSource.of(options) : null,
        options.get(WARM_UP),
        interval,
        Pickles.areAllowed(options, flink));
  }

  /** Returns whether new versions are looked for. */
  boolean reloads() {
    return !reloadInterval.isZero();
  }
}
