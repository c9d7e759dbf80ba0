// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.apache.flink.annotation.Internal;

/**
 * A Python environment on this host, whose Python starts. Owns the lease of its files in the cache;
 * closing releases it, so it must be open as long as a process runs in it.
 */
@Internal
public final class EnvironmentDirectory implements AutoCloseable {

  private final ModelDirectory directory;
  private final Path executable;

  private EnvironmentDirectory(ModelDirectory directory, Path executable) {
    this.directory = directory;
    this.executable = executable;
  }

  /**
   * Returns the environment in a directory. Takes the directory, unless it throws.
   *
   * @throws IOException if its Python is missing or does not start
   */
  static EnvironmentDirectory of(ModelDirectory directory) throws IOException {
    return new EnvironmentDirectory(directory, EnvironmentPython.find(Paths.get(directory.path())));
  }

  /** Returns the absolute path of its Python. */
  public String executable() {
    return executable.toString();
  }

  /** Identifies the files, as {@link ModelDirectory#version()} does. */
  public String version() {
    return directory.version();
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
