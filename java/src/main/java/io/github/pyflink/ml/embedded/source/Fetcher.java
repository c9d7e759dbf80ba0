// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists the files at a location, and fetches them into the {@link ModelCache}. */
final class Fetcher implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(Fetcher.class);

  private static final int ATTEMPTS = 3;
  private static final String FILES = "files";
  private static final String UNPACKED = "unpacked";

  private final Content content;
  private final Location location;
  private final CacheOptions cache;

  private Fetcher(Content content, Location location, CacheOptions cache) {
    this.content = content;
    this.location = location;
    this.cache = cache;
  }

  /**
   * Returns the fetcher of a location into the cache that the options describe.
   *
   * @throws ValidationException if an option of the cache has an invalid value
   */
  static Fetcher of(Content content, Location location, ReadableConfig options) {
    return new Fetcher(content, location, CacheOptions.of(options));
  }

  /** Returns the directory of the cache, and creates it if it does not exist. */
  Path cacheDirectory() throws IOException {
    return cache.directory();
  }

  /** Lists the location. Throws where it does not exist, has no files or an unknown format. */
  Listing list() throws IOException {
    return list(fileSystem());
  }

  /** Returns the files of a listing, and fetches them if this host does not have them. */
  ModelDirectory fetch(Listing first) throws IOException {
    FileSystem fileSystem = fileSystem();
    ModelCache models = cache.open();
    Listing listing = first;
    for (int attempt = 1; ; attempt++) {
      Listing current = listing;
      CacheKey key = new CacheKey(cacheUri(), current.fingerprint());
      try {
        return models.get(
            key, (partial, reservation) -> fetch(fileSystem, current, partial, reservation));
      } catch (SourceChangedException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LOG.info(
            "The {} '{}' changed while it was being fetched: {}.",
            content.noun,
            location,
            e.getMessage());
        listing = list(fileSystem);
      }
    }
  }

  /** An archive is unpacked in another way for each content. */
  private String cacheUri() {
    String uri = location.path().toString();
    return content == Content.MODEL ? uri : content + " " + uri;
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

  private Path fetch(FileSystem fileSystem, Listing listing, Path partial, Reservation reservation)
      throws IOException {
    long start = System.nanoTime();
    Path files = partial.resolve(FILES);
    Path fetched = files;
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
        fetched = Archive.of(name).unpack(archive, content, partial.resolve(UNPACKED), reservation);
      } catch (InvalidArchiveException e) {
        FileTree.delete(files);
        throw e;
      }
    }
    if (!list(fileSystem).fingerprint().equals(listing.fingerprint())) {
      throw new SourceChangedException("the listing afterwards differs from the one before");
    }
    LOG.info(
        "Fetched the {} '{}': {} bytes read in {} s.",
        content.noun,
        location,
        bytes,
        Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3);
    return fetched;
  }
}
