// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.PYTHON_ENVIRONMENT;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the Python environment of a model's workers comes from. A local directory is used in place;
 * an archive is unpacked into the {@link ModelCache}.
 */
@Internal
public final class EnvironmentSource implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentSource.class);

  private final Location location;
  private final Fetcher fetcher;

  private EnvironmentSource(Location location, Fetcher fetcher) {
    this.location = location;
    this.fetcher = fetcher;
  }

  /**
   * Returns the source that a model's options describe, or empty if they have no environment. Does
   * not access a file system, which may be available on TaskManagers only.
   *
   * @throws ValidationException if an option has an invalid value
   */
  public static Optional<EnvironmentSource> of(ReadableConfig options) {
    Optional<String> text = options.getOptional(PYTHON_ENVIRONMENT);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Location location = Location.of(text.get(), Content.ENVIRONMENT);
    if (location.isForMlflow()) {
      throw new ValidationException(
          String.format(
              "The value '%s' of the option '%s' is a URI for MLflow's client. Valid are %s.",
              location, PYTHON_ENVIRONMENT.key(), Content.ENVIRONMENT.validLocations));
    }
    return Optional.of(
        new EnvironmentSource(location, Fetcher.of(Content.ENVIRONMENT, location, options)));
  }

  /**
   * Returns the environment, and fetches it if this host does not have it.
   *
   * @throws InterruptedIOException if the thread was interrupted; the next call continues the fetch
   * @throws IOException if it does not exist, cannot be fetched, or its Python does not start here
   */
  public EnvironmentDirectory open() throws IOException {
    ModelDirectory directory = null;
    try {
      directory = files();
      return EnvironmentDirectory.of(directory);
    } catch (IOException | RuntimeException e) {
      LOG.info("Environment '{}' cannot be used.", location, e);
      if (directory != null) {
        directory.close();
      }
      throw failure(e);
    }
  }

  /** Returns the location, without user information, which may hold a password. */
  @Override
  public String toString() {
    return location.toString();
  }

  private ModelDirectory files() throws IOException {
    if (location.isLocal() && Files.isDirectory(location.local())) {
      return ModelDirectory.inPlace(location.local());
    }
    Listing listing = fetcher.list();
    if (listing.isDirectory()) {
      throw new IOException(
          "It is a directory of a file system that has neither executable files nor links. Pack it,"
              + " for example by 'venv-pack' or 'tar czf', and set the URI of the archive.");
    }
    return fetcher.fetch(listing);
  }

  /** Without a cause, because the SQL client prints only the deepest one. */
  private IOException failure(Exception problem) {
    String message =
        String.format(
            "The environment of the option '%s' = '%s' cannot be used: %s",
            PYTHON_ENVIRONMENT.key(), location, Problems.text(problem));
    return Thread.currentThread().isInterrupted()
        ? new InterruptedIOException(message)
        : new IOException(message);
  }
}
