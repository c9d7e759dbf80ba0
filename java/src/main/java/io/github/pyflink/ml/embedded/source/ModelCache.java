// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.MODEL_CACHE_MAX_SIZE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of fetched models, which all processes of this host that configure it share.
 *
 * <pre>
 * lock               the file of the Mutex
 * models/&lt;sha&gt;       an entry: a model's files under the hash of their content
 * index/&lt;key&gt;        the hash of the entry for a key
 * downloads/&lt;key&gt;    a partial: the files fetched so far, and the bytes reserved for them
 * leases/...         leases of entries that are in use and of partials that are being fetched
 * trash/...          directories that are being deleted
 * </pre>
 *
 * <p>A partial is written by the holder of its lease. Everything else is read and changed under the
 * Mutex only, and entries are renamed into place, so an entry that exists is complete.
 */
final class ModelCache {

  /** Fetches a model's files into a partial, and continues an earlier attempt. */
  interface Fetch {
    /** Returns the directory, in the partial, that becomes the entry. */
    Path into(Path partial, Reservation reservation) throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);

  private static final String RESERVED = "reserved";
  private static final Pattern BYTES = Pattern.compile("[0-9]{1,18}");
  private static final Pattern SHA = Pattern.compile("[0-9a-f]{64}");
  private static final long POLL_MILLISECONDS = 100;
  private static final long FULL_DISK_BYTES = 1 << 16;

  private final Path root;
  private final long maxBytes;
  private final Path models;
  private final Path index;
  private final Path downloads;
  private final Path leases;
  private final Path trash;

  private ModelCache(Path root, long maxBytes) {
    this.root = root;
    this.maxBytes = maxBytes;
    this.models = root.resolve("models");
    this.index = root.resolve("index");
    this.downloads = root.resolve("downloads");
    this.leases = root.resolve("leases");
    this.trash = root.resolve("trash");
  }

  /** Opens the cache in an existing directory. */
  static ModelCache in(Path directory, long maxBytes) throws IOException {
    try {
      ModelCache cache = new ModelCache(directory.toRealPath(), maxBytes);
      return Mutex.holding(cache.root, cache::createDirectories);
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "The model cache '%s' cannot be used: %s. Set the option '%s' to another directory, on"
                  + " a file system that supports locks.",
              directory, Problems.text(e), MODEL_CACHE_DIRECTORY.key()),
          e);
    }
  }

  private ModelCache createDirectories() throws IOException {
    UserPrincipal owner = PrivateDirectory.ownerOfFilesIn(root);
    for (Path each : List.of(models, index, downloads, leases, trash)) {
      PrivateDirectory.of(each, owner);
    }
    return this;
  }

  /**
   * Returns the entry of a key, and fetches it if it is missing. Concurrent callers for the same
   * key, in other processes too, wait for one fetch.
   */
  ModelDirectory get(CacheKey key, Fetch fetch) throws IOException {
    while (true) {
      Optional<ModelDirectory> present = Mutex.holding(root, () -> find(key));
      if (present.isPresent() && isIntact(present.get())) {
        return present.get();
      }
      Optional<Lease> lease = Mutex.holding(root, () -> leasePartial(key));
      if (lease.isPresent()) {
        try {
          ModelDirectory fetched = run(fetch, key);
          if (isIntact(fetched)) { // which may be an entry that existed
            return fetched;
          }
        } finally {
          lease.get().close();
        }
      }
      Interrupts.sleep(POLL_MILLISECONDS);
    }
  }

  /** Returns whether an entry is as it was published. Otherwise it is closed, and removed. */
  private boolean isIntact(ModelDirectory directory) throws IOException {
    Path entry = Paths.get(directory.path());
    try {
      EntryCheck.require(entry);
      return true;
    } catch (EntryCheck.ChangedException e) {
      directory.close();
      Mutex.holding(root, () -> discard(entry, e));
      return false;
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private Void discard(Path entry, EntryCheck.ChangedException problem) throws IOException {
    String name = entry.getFileName().toString();
    if (Lease.isHeld(leases, name)) {
      throw new IOException(
          String.format(
              "The entry '%s' of the model cache was changed after it was fetched: %s. Other jobs"
                  + " use it. Stop them, so that it can be fetched again.",
              entry, problem.getMessage()));
    }
    if (Files.exists(entry)) {
      LOG.warn(
          "The entry '{}' of the model cache was changed after it was fetched: {}. It is removed and"
              + " fetched again.",
          entry,
          problem.getMessage());
      evict(entry);
    }
    return null;
  }

  private Optional<ModelDirectory> find(CacheKey key) throws IOException {
    Optional<Path> entry = entry(key);
    return entry.isPresent() ? Optional.of(use(entry.get(), key)) : Optional.empty();
  }

  private Optional<Path> entry(CacheKey key) throws IOException {
    Optional<String> sha = read(index.resolve(key.name()), SHA);
    return sha.map(models::resolve).filter(Files::isDirectory);
  }

  private ModelDirectory use(Path entry, CacheKey key) throws IOException {
    ModelDirectory.touch(entry);
    Lease lease = Lease.acquire(leases, entry.getFileName().toString());
    return ModelDirectory.cached(entry, key.fingerprint(), lease);
  }

  /** Returns the lease of the partial, unless another caller holds it or has finished the fetch. */
  private Optional<Lease> leasePartial(CacheKey key) throws IOException {
    return entry(key).isPresent() || Lease.isHeld(leases, key.name())
        ? Optional.empty()
        : Optional.of(Lease.acquire(leases, key.name()));
  }

  private ModelDirectory run(Fetch fetch, CacheKey key) throws IOException {
    Mutex.holding(root, () -> removeOutdated(key));
    Path partial = Files.createDirectories(downloads.resolve(key.name()));
    try {
      Path content = fetch.into(partial, new Reservation(this, key.name()));
      String sha = FileTree.contentHash(content);
      FileTree.makeReadOnly(content);
      return Mutex.holding(root, () -> publish(key, content, sha));
    } catch (SourceChangedException | CacheFullException e) {
      throw e;
    } catch (IOException e) {
      if (Files.getFileStore(root).getUsableSpace() >= FULL_DISK_BYTES) {
        throw e;
      }
      // What else writes to this disk needs the space more than the next attempt does.
      FileTree.delete(partial);
      throw new IOException(
          String.format(
              "The disk of the model cache '%s' is full: %s. Free space on it, or set the option"
                  + " '%s' to a directory on another disk.",
              root, Problems.text(e), MODEL_CACHE_DIRECTORY.key()),
          e);
    }
  }

  private ModelDirectory publish(CacheKey key, Path content, String sha) throws IOException {
    removeFromIndex(sha, key::isOutdated);
    write(index.resolve(key.name()), sha);
    Path entry = models.resolve(sha);
    if (!Files.exists(entry)) {
      Files.move(content, entry, StandardCopyOption.ATOMIC_MOVE);
      FileTree.setWritable(entry, false);
      EntryCheck.trust(entry);
    }
    FileTree.delete(downloads.resolve(key.name()));
    return use(entry, key);
  }

  private Void removeOutdated(CacheKey key) throws IOException {
    for (Path partial : FileTree.children(downloads)) {
      String name = partial.getFileName().toString();
      if (key.isOutdated(name) && !Lease.isHeld(leases, name)) {
        FileTree.delete(partial);
      }
    }
    return null;
  }

  /**
   * Reserves bytes for a partial, whose lease the caller holds, and evicts what is not in use,
   * least recently used first.
   *
   * @param partial the name of the partial
   * @param required the total number of bytes that it needs
   * @param preferred the total that it prefers, at least {@code required}
   * @return the number of bytes reserved, between the two
   * @throws CacheFullException if what is in use leaves less than {@code required}
   */
  long reserve(String partial, long required, long preferred) throws IOException {
    return Mutex.holding(root, () -> reserveLocked(partial, required, preferred));
  }

  private long reserveLocked(String name, long required, long preferred) throws IOException {
    for (Path rest : FileTree.children(trash)) {
      FileTree.delete(rest);
    }
    List<Unused> unused = new ArrayList<>();
    long inUse = 0;
    for (Path entry : FileTree.children(models)) {
      if (Lease.isHeld(leases, entry.getFileName().toString())) {
        inUse += FileTree.bytes(entry);
      } else {
        unused.add(new Unused(entry));
      }
    }
    for (Path partial : FileTree.children(downloads)) {
      String other = partial.getFileName().toString();
      if (other.equals(name)) {
        continue;
      }
      if (Lease.isHeld(leases, other)) {
        inUse += read(partial.resolve(RESERVED), BYTES).map(Long::parseLong).orElse(0L);
      } else {
        unused.add(new Unused(partial));
      }
    }
    long free = maxBytes - inUse;
    if (required > free) {
      throw new CacheFullException(
          String.format(
              "It needs at least %d bytes of the model cache '%s', whose capacity is %d bytes, of"
                  + " which %d are in use. Raise the option '%s'.",
              required, root, maxBytes, inUse, MODEL_CACHE_MAX_SIZE.key()));
    }
    long reserved = Math.min(preferred, free);
    evict(unused, free - reserved);
    write(downloads.resolve(name).resolve(RESERVED), Long.toString(reserved));
    return reserved;
  }

  /** Evicts the least recently used directories until the rest has at most {@code bytes}. */
  private void evict(List<Unused> unused, long bytes) throws IOException {
    long left = unused.stream().mapToLong(each -> each.bytes).sum();
    unused.sort(Comparator.comparing(each -> each.lastUsed));
    for (Unused each : unused) {
      if (left <= bytes) {
        return;
      }
      evict(each.path);
      left -= each.bytes;
      LOG.info(
          "Evicted {} ({} bytes, last used {}) from the model cache.",
          each.path,
          each.bytes,
          each.lastUsed);
    }
  }

  private void evict(Path unused) throws IOException {
    String name = unused.getFileName().toString();
    Path evicted = trash.resolve(name);
    FileTree.setWritable(unused, true);
    Files.move(unused, evicted, StandardCopyOption.ATOMIC_MOVE);
    removeFromIndex(name, key -> true);
    FileTree.delete(evicted);
  }

  /** Removes those keys of an entry from the index that match. */
  private void removeFromIndex(String entry, Predicate<String> keys) throws IOException {
    for (Path known : FileTree.children(index)) {
      if (keys.test(known.getFileName().toString()) && Files.readString(known).equals(entry)) {
        Files.delete(known);
      }
    }
  }

  /** Returns the text of a file if it is valid; a crash of the machine may have truncated it. */
  private static Optional<String> read(Path file, Pattern valid) throws IOException {
    return Files.exists(file)
        ? Optional.of(Files.readString(file)).filter(valid.asMatchPredicate())
        : Optional.empty();
  }

  private void write(Path file, String text) throws IOException {
    Path written = Files.writeString(trash.resolve(file.getFileName()), text);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** An entry or a partial that may be evicted. */
  private static final class Unused {
    final Path path;
    final long bytes;
    final FileTime lastUsed;

    Unused(Path path) throws IOException {
      this.path = path;
      this.bytes = FileTree.bytes(path);
      this.lastUsed = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
    }
  }
}
