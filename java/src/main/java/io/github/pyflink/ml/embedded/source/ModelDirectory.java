// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/**
 * One version of a model's files on this host. Owns the lease of files in the cache; closing
 * releases it, and the cache may then evict them.
 */
@Internal
public final class ModelDirectory implements AutoCloseable {

  private final Path path;
  private final boolean forMlflow;
  private final String version;
  private final String fingerprint;
  @Nullable private final Lease lease;

  private ModelDirectory(
      Path path, boolean forMlflow, String version, String fingerprint, @Nullable Lease lease) {
    this.path = path;
    this.forMlflow = forMlflow;
    this.version = version;
    this.fingerprint = fingerprint;
    this.lease = lease;
  }

  /** Returns a local directory that is used in place. */
  static ModelDirectory inPlace(Path path) throws IOException {
    String fingerprint = FileTree.fingerprint(path);
    return new ModelDirectory(path, false, fingerprint, fingerprint, null);
  }

  /** Returns a model that MLflow's client fetches, in Python, into a cache. */
  static ModelDirectory forMlflow(Location location, Path cache) {
    return new ModelDirectory(cache, true, location.toString(), "", null);
  }

  /** Returns an entry of the cache. Takes the lease. */
  static ModelDirectory cached(Path path, String fingerprint, Lease lease) {
    return new ModelDirectory(path, false, path.getFileName().toString(), fingerprint, lease);
  }

  /** Returns the absolute path of the files, or of the cache that MLflow's client uses. */
  public String path() {
    return path.toString();
  }

  /**
   * Returns whether MLflow's client fetches the files: {@code models:/} and {@code runs:/} URIs.
   */
  public boolean isForMlflow() {
    return forMlflow;
  }

  /** Identifies the files: a hash of their content, or of their names, times and lengths. */
  public String version() {
    return version;
  }

  /** Returns the fingerprint of the listing that the files were fetched from. */
  String fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() throws IOException {
    if (lease == null || !lease.isOpen()) {
      return;
    }
    try {
      touch(path);
    } finally {
      lease.close();
    }
  }

  /** Marks a directory of the cache as used now. */
  static void touch(Path directory) throws IOException {
    Files.setLastModifiedTime(directory, FileTime.from(Instant.now()));
  }
}
