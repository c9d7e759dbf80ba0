// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import io.github.pyflink.ml.embedded.python.JdkThreads;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Operations on whole directories of this host. */
final class FileTree {

  private static final int BUFFER_BYTES = 1 << 16;

  private FileTree() {}

  static List<Path> children(Path directory) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      return children.sorted().collect(Collectors.toList());
    }
  }

  /** Returns the total length of all files. */
  static long bytes(Path directory) throws IOException {
    long[] bytes = {0};
    walk(directory, (name, path, attributes) -> bytes[0] += attributes.size());
    return bytes[0];
  }

  /**
   * Returns the hash of all names, lengths, contents, link targets, and of what is executable.
   * Leaves out Python's bytecode, which an interpreter may add.
   */
  static String contentHash(Path directory) throws IOException {
    SortedMap<String, Path> files = new TreeMap<>();
    walk(
        directory,
        (name, path, attributes) -> {
          if (!path.getParent().endsWith(Listing.BYTECODE)) {
            files.put(name, path);
          }
        });
    Hash hash = new Hash();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (SortedMap.Entry<String, Path> file : files.entrySet()) {
      hash.add(file.getKey());
      if (Files.isSymbolicLink(file.getValue())) {
        hash.add(-1).add(Files.readSymbolicLink(file.getValue()).toString());
        continue;
      }
      hash.add(Files.size(file.getValue()));
      if (Files.isExecutable(file.getValue())) {
        hash.add(-2);
      }
      try (InputStream in = Files.newInputStream(file.getValue())) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          Interrupts.check();
          hash.add(buffer, n);
        }
      }
    }
    return hash.hex();
  }

  /**
   * Returns a hash that changes when a file is added, removed or written. Follows links; unreadable
   * files count by name.
   */
  static String fingerprint(Path directory) throws IOException {
    SortedMap<String, BasicFileAttributes> files = new TreeMap<>();
    SortedSet<String> unreadable = new TreeSet<>();
    Files.walkFileTree(
        directory,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            Interrupts.check();
            return path.endsWith(Listing.BYTECODE)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.put(directory.relativize(file).toString(), attributes);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException problem) {
            unreadable.add(directory.relativize(path).toString());
            return FileVisitResult.CONTINUE;
          }
        });
    Hash hash = new Hash();
    files.forEach(
        (name, file) -> hash.add(name).add(file.size()).add(file.lastModifiedTime().toMillis()));
    unreadable.forEach(hash::add);
    return hash.hex();
  }

  /** Makes everything in a directory read-only. */
  static void makeReadOnly(Path directory) throws IOException {
    for (Path child : children(directory)) {
      if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
        makeReadOnly(child);
      }
      if (!Files.isSymbolicLink(child)) {
        setWritable(child, false);
      }
    }
  }

  static void setWritable(Path path, boolean writable) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    if (writable) {
      permissions.add(PosixFilePermission.OWNER_WRITE);
    } else {
      permissions.removeAll(
          EnumSet.of(
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.GROUP_WRITE,
              PosixFilePermission.OTHERS_WRITE));
    }
    Files.setPosixFilePermissions(path, permissions);
  }

  /** Waits until the file system of a directory is on its disk, where the host has the command. */
  static void sync(Path directory) throws IOException {
    Process sync;
    try {
      sync =
          JdkThreads.start(
              new ProcessBuilder("sync", "-f", directory.toString())
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD));
    } catch (IOException e) {
      return;
    }
    try {
      sync.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Interrupts.interrupted();
    } finally {
      sync.destroy();
    }
  }

  /** Deletes a file or a directory tree, if it exists. */
  static void delete(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            setWritable(directory, true);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException problem)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void walk(Path directory, Visitor visitor) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            visitor.visit(directory.relativize(file).toString(), file, attributes);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException problem)
              throws IOException {
            if (problem instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE; // deleted concurrently
            }
            throw problem;
          }
        });
  }

  private interface Visitor {
    void visit(String name, Path path, BasicFileAttributes attributes) throws IOException;
  }
}
