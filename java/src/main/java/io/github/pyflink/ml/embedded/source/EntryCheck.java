// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.TreeMap;

/**
 * Checks that an entry of the cache is as it was published. Its content is hashed at its first use
 * in a JVM. Later uses compare what a change of a file changes: its inode and the time that only
 * the kernel sets. That fingerprint is kept in a system property, which class loaders share.
 */
final class EntryCheck {

  private static final String PROPERTY = "pyflink-ml-embedded.checked.";

  private EntryCheck() {}

  /** An entry is not what was published. */
  static final class ChangedException extends IOException {
    private static final long serialVersionUID = 1L;

    ChangedException(String message) {
      super(message);
    }
  }

  /** Trusts an entry, whose content the caller has hashed. */
  static void trust(Path entry) throws IOException {
    System.setProperty(PROPERTY + entry, fingerprint(entry));
  }

  /**
   * Checks an entry, whose lease the caller holds.
   *
   * @throws ChangedException if a file differs, or another user may have written one
   */
  static void require(Path entry) throws IOException {
    String property = (PROPERTY + entry).intern();
    synchronized (property) { // all subtasks open a model at once, and one of them hashes it
      if (fingerprint(entry).equals(System.getProperty(property))) {
        return;
      }
      if (!FileTree.contentHash(entry).equals(entry.getFileName().toString())) {
        throw new ChangedException("the hash of its content is not that of its name");
      }
      trust(entry);
    }
  }

  private static String fingerprint(Path entry) throws IOException {
    UserPrincipal owner = Files.getOwner(entry.getParent());
    Map<String, String> files = new TreeMap<>();
    Files.walkFileTree(
        entry,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            requirePrivate(path);
            return path.endsWith(Listing.BYTECODE)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            Interrupts.check();
            requirePrivate(path);
            files.put(
                entry.relativize(path).toString(),
                Files.readAttributes(path, "unix:ino,ctime,size", LinkOption.NOFOLLOW_LINKS)
                    .toString());
            return FileVisitResult.CONTINUE;
          }

          private void requirePrivate(Path path) throws IOException {
            PosixFileAttributes attributes =
                Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.owner().equals(owner)
                || (!attributes.isSymbolicLink()
                    && PrivateDirectory.othersMayWrite(attributes.permissions()))) {
              throw new ChangedException(
                  "another user may have written "
                      + Names.quote(entry.relativize(path).toString()));
            }
          }
        });
    Hash hash = new Hash();
    files.forEach((name, attributes) -> hash.add(name).add(attributes));
    return hash.hex();
  }
}
