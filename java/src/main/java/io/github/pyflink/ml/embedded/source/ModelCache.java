package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_DIRECTORY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_MAX_SIZE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that were fetched to this host, for all processes that name the same directory.
 *
 * <pre>
 * lock               the file of the Mutex
 * models/&lt;sha&gt;       an entry: a model's files, named for their content; renamed into place
 * index/&lt;key&gt;        the entry that holds what a key stands for
 * downloads/&lt;key&gt;    a partial: files so far, and the room that was granted for them
 * leases/...         see Lease: of entries that are used, of partials that are being continued
 * trash/...          what is being removed
 * </pre>
 *
 * <p>All but {@code downloads/<key>}, which belongs to the holder of its lease, is read and changed
 * under the Mutex only. An entry is therefore whole whenever it is there.
 */
final class ModelCache {

  /** Brings a model's files into a partial, and continues what is there of them. */
  interface Fetch {
    /** Returns the directory, below the partial, that becomes the entry. */
    Path into(Path partial, Room room) throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);

  private static final String RESERVED = "reserved";
  private static final Pattern BYTES = Pattern.compile("[0-9]{1,18}");
  private static final Pattern SHA = Pattern.compile("[0-9a-f]{64}");
  private static final long POLL_MILLISECONDS = 100;

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

  /** Opens the cache in a directory, which exists. */
  static ModelCache in(Path directory, long maxBytes) throws IOException {
    try {
      ModelCache cache = new ModelCache(directory.toRealPath(), maxBytes);
      return Mutex.holding(cache.root, cache::withDirectories);
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "The model cache '%s' cannot be used: %s. The option '%s' sets another directory, of"
                  + " a file system that has locks.",
              directory, e, MODEL_CACHE_DIRECTORY.key()),
          e);
    }
  }

  private ModelCache withDirectories() throws IOException {
    for (Path each : List.of(models, index, downloads, leases, trash)) {
      Files.createDirectories(each);
    }
    return this;
  }

  /**
   * Returns the entry of a key, which is fetched where it is not there. Whoever needs the same
   * waits, in other processes too.
   */
  ModelDirectory get(Key key, Fetch fetch) throws IOException {
    while (true) {
      Optional<ModelDirectory> present = Mutex.holding(root, () -> find(key));
      if (present.isPresent()) {
        return present.get();
      }
      Optional<Lease> claim = Mutex.holding(root, () -> claim(key));
      if (claim.isPresent()) {
        try {
          return run(fetch, key);
        } finally {
          claim.get().close();
        }
      }
      Interrupts.sleep(POLL_MILLISECONDS);
    }
  }

  private Optional<ModelDirectory> find(Key key) throws IOException {
    Optional<Path> entry = entry(key);
    return entry.isPresent() ? Optional.of(use(entry.get(), key)) : Optional.empty();
  }

  private Optional<Path> entry(Key key) throws IOException {
    Optional<String> sha = read(index.resolve(key.name()), SHA);
    return sha.map(models::resolve).filter(Files::isDirectory);
  }

  private ModelDirectory use(Path entry, Key key) throws IOException {
    ModelDirectory.touch(entry);
    Lease lease = Lease.take(leases, entry.getFileName().toString());
    return ModelDirectory.cached(entry, key.fingerprint(), lease);
  }

  /** Returns the right to fetch, unless another thread or process has it, or had it meanwhile. */
  private Optional<Lease> claim(Key key) throws IOException {
    return entry(key).isPresent() || Lease.isHeld(leases, key.name())
        ? Optional.empty()
        : Optional.of(Lease.take(leases, key.name()));
  }

  private ModelDirectory run(Fetch fetch, Key key) throws IOException {
    Mutex.holding(root, () -> removeOutdated(key));
    Path partial = Files.createDirectories(downloads.resolve(key.name()));
    Path content = fetch.into(partial, new Room(this, key.name()));
    String sha = Tree.contentHash(content);
    Tree.makeReadOnly(content);
    return Mutex.holding(root, () -> publish(key, content, sha));
  }

  private ModelDirectory publish(Key key, Path content, String sha) throws IOException {
    forget(sha, key::isOutdated);
    write(index.resolve(key.name()), sha);
    Path entry = models.resolve(sha);
    if (!Files.exists(entry)) {
      Files.move(content, entry, StandardCopyOption.ATOMIC_MOVE);
      Tree.setWritable(entry, false);
    }
    Tree.delete(downloads.resolve(key.name()));
    return use(entry, key);
  }

  private Void removeOutdated(Key key) throws IOException {
    for (Path partial : Tree.children(downloads)) {
      String name = partial.getFileName().toString();
      if (key.isOutdated(name) && !Lease.isHeld(leases, name)) {
        Tree.delete(partial);
      }
    }
    return null;
  }

  /**
   * Makes room for a partial, whose lease the caller has: removes what nobody uses, least recently
   * used first.
   *
   * @param bytes what it needs in all
   * @param wished what it would like to have, at least as much
   * @return what it gets, between the two
   * @throws NoRoomException if what is in use leaves less
   */
  long reserve(String name, long bytes, long wished) throws IOException {
    return Mutex.holding(root, () -> makeRoom(name, bytes, wished));
  }

  private long makeRoom(String name, long bytes, long wished) throws IOException {
    for (Path rest : Tree.children(trash)) {
      Tree.delete(rest);
    }
    List<Unused> unused = new ArrayList<>();
    long inUse = 0;
    for (Path entry : Tree.children(models)) {
      if (Lease.isHeld(leases, entry.getFileName().toString())) {
        inUse += Tree.bytes(entry);
      } else {
        unused.add(new Unused(entry));
      }
    }
    for (Path partial : Tree.children(downloads)) {
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
    if (bytes > free) {
      throw new NoRoomException(
          String.format(
              "It needs at least %d bytes of the model cache '%s', which may hold %d bytes, of"
                  + " which %d are in use. Raise the option '%s'.",
              bytes, root, maxBytes, inUse, MODEL_CACHE_MAX_SIZE.key()));
    }
    long granted = Math.min(wished, free);
    remove(unused, free - granted);
    write(downloads.resolve(name).resolve(RESERVED), Long.toString(granted));
    return granted;
  }

  /** Removes the least recently used ones until the rest has no more than these bytes. */
  private void remove(List<Unused> unused, long bytes) throws IOException {
    long left = unused.stream().mapToLong(each -> each.bytes).sum();
    unused.sort(Comparator.comparing(each -> each.lastUsed));
    for (Unused each : unused) {
      if (left <= bytes) {
        return;
      }
      remove(each.path);
      left -= each.bytes;
      LOG.info(
          "Removed {} ({} bytes, last used {}) from the model cache, to make room.",
          each.path,
          each.bytes,
          each.lastUsed);
    }
  }

  private void remove(Path unused) throws IOException {
    String name = unused.getFileName().toString();
    Path removed = trash.resolve(name);
    Tree.setWritable(unused, true);
    Files.move(unused, removed, StandardCopyOption.ATOMIC_MOVE);
    forget(name, key -> true);
    Tree.delete(removed);
  }

  /** Removes from the index what leads to an entry. */
  private void forget(String entry, Predicate<String> keys) throws IOException {
    for (Path known : Tree.children(index)) {
      if (keys.test(known.getFileName().toString()) && Files.readString(known).equals(entry)) {
        Files.delete(known);
      }
    }
  }

  /** Returns the text of a file, where it is whole: a machine may crash too. */
  private static Optional<String> read(Path file, Pattern valid) throws IOException {
    return Files.exists(file)
        ? Optional.of(Files.readString(file)).filter(valid.asMatchPredicate())
        : Optional.empty();
  }

  private void write(Path file, String text) throws IOException {
    Path written = Files.writeString(trash.resolve(file.getFileName()), text);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** What may be removed. */
  private static final class Unused {
    final Path path;
    final long bytes;
    final FileTime lastUsed;

    Unused(Path path) throws IOException {
      this.path = path;
      this.bytes = Tree.bytes(path);
      this.lastUsed = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
    }
  }
}
