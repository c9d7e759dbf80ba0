// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_MAX_SIZE;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_DIRECTORY_PATH;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_RELOAD_INTERVAL;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.Optional;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
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

  private static final int ATTEMPTS = 3;
  private static final String FILES = "files";
  private static final String UNPACKED = "unpacked";
  private static final String MLFLOW_DOWNLOADS = "python";

  private final Location location;
  @Nullable private final String cacheDirectory;
  private final long cacheBytes;
  private final boolean watched;

  private ModelSource(
      Location location, @Nullable String cacheDirectory, long cacheBytes, boolean watched) {
    this.location = location;
    this.cacheDirectory = cacheDirectory;
    this.cacheBytes = cacheBytes;
    this.watched = watched;
  }

  /**
   * Returns the source that a model's options describe. Does not access a file system, which may be
   * available on TaskManagers only.
   *
   * @throws ValidationException if an option has an invalid value
   */
  public static ModelSource of(ReadableConfig options) {
    Location location = Location.of(options.get(MODEL_DIRECTORY_PATH));
    boolean watched = options.get(MODEL_RELOAD_INTERVAL).compareTo(Duration.ZERO) > 0;
    if (watched && location.isForMlflow()) {
      throw new ValidationException(
          String.format(
              "The option '%s' is not supported with '%s' = '%s', which MLflow's client resolves."
                  + " Remove it, or set the URI of the model's directory.",
              MODEL_RELOAD_INTERVAL.key(), MODEL_DIRECTORY_PATH.key(), location));
    }
    String cacheDirectory = options.getOptional(MODEL_CACHE_DIRECTORY).orElse(null);
    if (cacheDirectory != null && !cacheDirectory.startsWith("/")) {
      throw new ValidationException(
          String.format(
              "The value '%s' of the option '%s' is not an absolute path. Valid is the path of a"
                  + " directory on the TaskManager.",
              cacheDirectory, MODEL_CACHE_DIRECTORY.key()));
    }
    return new ModelSource(
        location, cacheDirectory, options.get(MODEL_CACHE_MAX_SIZE).getBytes(), watched);
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
      FileSystem fileSystem = fileSystem();
      return fetch(fileSystem, list(fileSystem));
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
      FileSystem fileSystem = fileSystem();
      Listing listing = list(fileSystem);
      if (listing.fingerprint().equals(current.fingerprint())) {
        return Optional.empty();
      }
      ModelDirectory newest = fetch(fileSystem, listing);
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
    return Files.createDirectories(CacheDirectory.of(cacheDirectory).resolve(MLFLOW_DOWNLOADS));
  }

  private boolean isInPlace() {
    return location.isLocal() && !watched && Files.isDirectory(location.local());
  }

  private FileSystem fileSystem() throws IOException {
    try {
      return location.path().getFileSystem();
    } catch (UnsupportedFileSystemSchemeException e) {
      throw new IOException(
          "This TaskManager has no file system for the URI. Put its plugin into the directory"
              + " plugins/ of every TaskManager, and restart it. "
              + e.getMessage(),
          e);
    }
  }

  private Listing list(FileSystem fileSystem) throws IOException {
    Listing listing;
    try {
      listing = Listing.of(fileSystem, location.path());
    } catch (FileNotFoundException e) {
      throw new IOException(
          location.isLocal()
              ? "There is no such directory or archive on this host. A path must exist on every"
                  + " TaskManager."
                  + (location.isRelative() ? resolved() : "")
              : "There is no such directory or archive.",
          e);
    }
    if (!listing.isDirectory()) {
      Archive.of(location.path().getName());
    } else if (listing.names().isEmpty()) {
      throw new IOException("The directory contains no files.");
    }
    return listing;
  }

  private String resolved() {
    return String.format(
        " This relative path means '%s' here, because the working directory of this process is"
            + " '%s'. Write the absolute path.",
        location.local(), Paths.get("").toAbsolutePath());
  }

  private ModelDirectory fetch(FileSystem fileSystem, Listing first) throws IOException {
    ModelCache cache = ModelCache.in(CacheDirectory.of(cacheDirectory), cacheBytes);
    Listing listing = first;
    for (int attempt = 1; ; attempt++) {
      Listing current = listing;
      CacheKey key = new CacheKey(location.path().toString(), current.fingerprint());
      try {
        return cache.get(
            key, (partial, reservation) -> fetch(fileSystem, current, partial, reservation));
      } catch (SourceChangedException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LOG.info("Model '{}' changed while it was being fetched: {}.", location, e.getMessage());
        listing = list(fileSystem);
      }
    }
  }

  private Path fetch(FileSystem fileSystem, Listing listing, Path partial, Reservation reservation)
      throws IOException {
    long start = System.nanoTime();
    Path files = partial.resolve(FILES);
    Path content = files;
    long bytes = listing.bytes();
    boolean isLocalArchive = location.isLocal() && !listing.isDirectory();
    if (!isLocalArchive) {
      reservation.useExactly(bytes);
      bytes = Download.run(fileSystem, listing, files);
    }
    if (!listing.isDirectory()) {
      String name = location.path().getName();
      Path archive = isLocalArchive ? location.local() : files.resolve(name);
      try {
        content = Archive.of(name).unpack(archive, partial.resolve(UNPACKED), reservation);
      } catch (InvalidArchiveException e) {
        FileTree.delete(files);
        throw e;
      }
    }
    if (!list(fileSystem).fingerprint().equals(listing.fingerprint())) {
      throw new SourceChangedException("the listing afterwards differs from the one before");
    }
    LOG.info(
        "Fetched model '{}': {} bytes read in {} s.",
        location,
        bytes,
        Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3);
    return content;
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
