// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_DIRECTORY;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import javax.annotation.Nullable;

/** Finds the directory of the model cache on this host. */
final class CacheDirectory {

  private CacheDirectory() {}

  /**
   * Returns the directory, and creates it if it does not exist.
   *
   * @param configured the option, or null for the default
   */
  static Path of(@Nullable String configured) throws IOException {
    try {
      return configured == null
          ? below(Paths.get(System.getProperty("java.io.tmpdir")))
          : Files.createDirectories(Paths.get(configured).toAbsolutePath());
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "The directory of the model cache cannot be created: %s. Set the option '%s' to another"
                  + " directory.",
              Problems.text(e), MODEL_CACHE_DIRECTORY.key()),
          e);
    }
  }

  /** Returns this user's directory in one that is writable by everybody. */
  static Path below(Path temporary) throws IOException {
    String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9_-]", "_");
    Path directory = temporary.toAbsolutePath().resolve("pyflink-ml-embedded-" + user);
    return PrivateDirectory.of(directory, PrivateDirectory.ownerOfFilesIn(temporary));
  }
}
