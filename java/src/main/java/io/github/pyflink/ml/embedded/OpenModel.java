// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.python.OpenFunction;
import io.github.pyflink.ml.embedded.source.ModelDirectory;
import java.io.IOException;
import java.time.Duration;
import javax.annotation.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open version of a model. Owns the Python function and the files that it was opened from;
 * closing releases them.
 */
final class OpenModel implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OpenModel.class);

  private final OpenFunction function;
  @Nullable private final ModelDirectory directory;
  private final Duration openTime;

  /**
   * Takes an open function and its files.
   *
   * @param openTime how long it took to open the function
   */
  OpenModel(OpenFunction function, @Nullable ModelDirectory directory, Duration openTime) {
    this.function = function;
    this.directory = directory;
    this.openTime = openTime;
  }

  Duration openTime() {
    return openTime;
  }

  OpenFunction function() {
    return function;
  }

  /** Returns the files, or null where the Python class finds its own. */
  @Nullable
  ModelDirectory directory() {
    return directory;
  }

  /**
   * Closes the function, then releases its files; a second call has no effect.
   *
   * @throws io.github.pyflink.ml.embedded.python.PythonException if the function's own close
   *     failed; everything is released all the same
   */
  @Override
  public void close() {
    try {
      function.close();
    } finally {
      release(directory);
    }
  }

  /** Releases the files of a version, if it has any. */
  static void release(@Nullable ModelDirectory directory) {
    try {
      if (directory != null) {
        directory.close();
      }
    } catch (IOException e) { // they stay in the cache, which affects no row
      LOG.warn("The files in '{}' cannot be released", directory.path(), e);
    }
  }
}
