// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_MAX_SIZE;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Where the {@link ModelCache} of a TaskManager is, and how large it may become. */
final class CacheOptions implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Null for the default. */
  @Nullable private final String directory;

  private final long bytes;

  private CacheOptions(@Nullable String directory, long bytes) {
    this.directory = directory;
    this.bytes = bytes;
  }

  /**
   * Reads the options.
   *
   * @throws ValidationException if one has an invalid value
   */
  static CacheOptions of(ReadableConfig options) {
    String directory = options.getOptional(MODEL_CACHE_DIRECTORY).orElse(null);
    if (directory != null && !directory.startsWith("/")) {
      throw new ValidationException(
          String.format(
              "The value '%s' of the option '%s' is not an absolute path. Valid is the path of a"
                  + " directory on the TaskManager.",
              directory, MODEL_CACHE_DIRECTORY.key()));
    }
    return new CacheOptions(directory, options.get(MODEL_CACHE_MAX_SIZE).getBytes());
  }

  /** Returns the directory of the cache, and creates it if it does not exist. */
  Path directory() throws IOException {
    return CacheDirectory.of(directory);
  }

  ModelCache open() throws IOException {
    return ModelCache.in(directory(), bytes);
  }
}
