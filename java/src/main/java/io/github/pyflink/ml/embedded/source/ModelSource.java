// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_RELOAD_INTERVAL;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a model's files come from. A local directory is used in place, unless it is watched for new
 * versions; everything else is fetched into the {@link ModelCache}.
 */
@Internal
public final class ModelSource implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(ModelSource.class);

  private static final String MLFLOW_DOWNLOADS = "python";

  private final Location location;
  private final Fetcher fetcher;
  private final boolean watched;

  private ModelSource(Location location, Fetcher fetcher, boolean watched) {
    this.location = location;
    this.fetcher = fetcher;
    this.watched = watched;
  }

  /**
   * Returns the source that a model's options describe. Does not access a file system, which may be
   * available on TaskManagers only.
   *
   * @throws ValidationException if an option has an invalid value
   */
  public static ModelSource of(ReadableConfig options) {
    Location location = Location.of(options.get(MODEL_DIRECTORY_PATH), Content.MODEL);
    boolean watched = options.get(MODEL_RELOAD_INTERVAL).compareTo(Duration.ZERO) > 0;
    if (watched && location.isForMlflow()) {
      throw new ValidationException(
          String.format(
              "The option '%s' is not supported with '%s' = '%s', which MLflow's client resolves."
                  + " Remove it, or set the URI of the model's directory.",
              MODEL_RELOAD_INTERVAL.key(), MODEL_DIRECTORY_PATH.key(), location));
    }
    return new ModelSource(location, Fetcher.of(Content.MODEL, location, options), watched);
  }

  /**
   * Returns the newest version, and fetches it if this host does not have it.
   *
   * @throws InterruptedIOException if the thread was interrupted; the next call continues the fetch
   * @throws IOException if the model does not exist or cannot be fetched
   */
  public ModelDirectory open() throws IOException {
    try {
      if (location.isForMlflow()) {
        return ModelDirectory.forMlflow(location, mlflowCache());
      }
      if (isInPlace()) {
        return ModelDirectory.inPlace(location.local());
      }
      return fetcher.fetch(fetcher.list());
    } catch (IOException | RuntimeException e) {
      // The SQL client prints only the deepest cause, which should name the option.
      LOG.info("Model '{}' cannot be opened.", location, e);
      throw failure(e, null);
    }
  }

  /** Returns the newest version if it differs from the given one; otherwise costs one listing. */
  public Optional<ModelDirectory> openIfNewer(ModelDirectory current) throws IOException {
    if (location.isForMlflow() || isInPlace()) {
      return Optional.empty();
    }
    try {
      Listing listing = fetcher.list();
      if (listing.fingerprint().equals(current.fingerprint())) {
        return Optional.empty();
      }
      ModelDirectory newest = fetcher.fetch(listing);
      if (newest.version().equals(current.version())) {
        newest.close();
        return Optional.empty();
      }
      return Optional.of(newest);
    } catch (IOException | RuntimeException e) {
      throw failure(e, e);
    }
  }

  private Path mlflowCache() throws IOException {
    Path cache = fetcher.cacheDirectory();
    return PrivateDirectory.of(
        cache.resolve(MLFLOW_DOWNLOADS), PrivateDirectory.ownerOfFilesIn(cache));
  }

  private boolean isInPlace() {
    return location.isLocal() && !watched && Files.isDirectory(location.local());
  }

  private IOException failure(Exception problem, @Nullable Exception cause) {
    String message =
        String.format(
            "The model of the option '%s' = '%s' cannot be opened: %s",
            MODEL_DIRECTORY_PATH.key(), location, Problems.text(problem));
    if (Thread.currentThread().isInterrupted()) {
      InterruptedIOException interrupted = new InterruptedIOException(message);
      interrupted.initCause(cause);
      return interrupted;
    }
    return new IOException(message, cause);
  }
}
