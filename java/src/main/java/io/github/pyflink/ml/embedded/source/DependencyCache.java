// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SortedMap;

/**
 * Puts the files of jobs into the {@link ModelCache}, under the hash of their content: the same
 * file of many jobs is unpacked once on a host.
 */
final class DependencyCache {

  private static final String UNPACKED = "unpacked";

  private final ModelCache cache;

  DependencyCache(ModelCache cache) {
    this.cache = cache;
  }

  /** Returns a directory in which Python finds the modules of a file, an archive or a directory. */
  ModelDirectory importable(Path path, String name) throws IOException {
    String hash = hash(path, name);
    return get(
        "python.files",
        hash,
        (target, reservation) -> {
          if (Files.isDirectory(path)) {
            write(path, "", target, reservation);
          } else if (isImportableArchive(name)) {
            unpack(path, Archive.ZIP, target, reservation);
          } else if (Archive.isArchive(name)) {
            unpack(path, Archive.of(name), target, reservation);
          } else {
            write(path, name, target, reservation);
          }
        });
  }

  /** Returns the directory of the content of an archive. */
  ModelDirectory unpacked(Path path, String name) throws IOException {
    Archive archive = Archive.of(name);
    return get(
        "python.archives",
        hash(path, name),
        (target, reservation) -> unpack(path, archive, target, reservation));
  }

  /** Returns a directory of links to directories. */
  ModelDirectory links(SortedMap<String, String> directories) throws IOException {
    Hash hash = new Hash();
    directories.forEach((name, path) -> hash.add(name).add(path));
    return get(
        "python.archives",
        hash.hex(),
        (target, reservation) -> {
          FileTree.delete(target);
          Files.createDirectories(target);
          for (var directory : directories.entrySet()) {
            Files.createSymbolicLink(
                target.resolve(directory.getKey()), Path.of(directory.getValue()));
          }
        });
  }

  private ModelDirectory get(String kind, String hash, Writer writer) throws IOException {
    return cache.get(
        new CacheKey(kind + " " + hash, hash),
        (partial, reservation) -> {
          Path target = partial.resolve(UNPACKED);
          writer.write(target, reservation);
          return target;
        });
  }

  private static void unpack(Path path, Archive archive, Path target, Reservation reservation)
      throws IOException {
    archive.unpack(path, Content.DEPENDENCY, target, reservation);
  }

  /** Copies a file of this name, or the content of a directory. */
  private static void write(Path path, String name, Path directory, Reservation reservation)
      throws IOException {
    FileTree.delete(directory);
    Files.createDirectories(directory);
    UnpackTarget target = UnpackTarget.of(Content.DEPENDENCY, directory, reservation);
    copy(path, name, target);
    target.finish();
  }

  private static void copy(Path path, String name, UnpackTarget target) throws IOException {
    if (Files.isDirectory(path)) {
      target.directory(name);
      for (Path child : FileTree.children(path)) {
        copy(
            child,
            name.isEmpty() ? child.getFileName().toString() : name + "/" + child.getFileName(),
            target);
      }
      return;
    }
    try (InputStream in = Files.newInputStream(path)) {
      target.file(name, in, Files.isExecutable(path), Files.getLastModifiedTime(path));
    }
  }

  /** Returns whether Python imports from it where it is. Modules in C need a directory. */
  private static boolean isImportableArchive(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".whl") || lower.endsWith(".egg");
  }

  private static String hash(Path path, String name) throws IOException {
    return new Hash().add(name).add(FileTree.contentHash(path)).hex();
  }

  private interface Writer {
    void write(Path target, Reservation reservation) throws IOException;
  }
}
