// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** The supported archive formats. */
enum Archive {
  ZIP(".zip") {
    @Override
    void unpack(Path archive, UnpackTarget target) throws IOException {
      ZipArchive.unpack(archive, target);
    }
  },
  TAR_GZ(".tar.gz") {
    @Override
    void unpack(Path archive, UnpackTarget target) throws IOException {
      TarArchive.unpack(archive, target);
    }
  },
  TGZ(".tgz") {
    @Override
    void unpack(Path archive, UnpackTarget target) throws IOException {
      TarArchive.unpack(archive, target);
    }
  };

  private final String suffix;

  Archive(String suffix) {
    this.suffix = suffix;
  }

  abstract void unpack(Path archive, UnpackTarget target) throws IOException;

  /** Returns whether a file name ends with that of a format. */
  static boolean isArchive(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Stream.of(values()).anyMatch(archive -> lower.endsWith(archive.suffix));
  }

  /**
   * Returns the format that a file name ends with.
   *
   * @throws IOException if there is none
   */
  static Archive of(String name) throws IOException {
    for (Archive archive : values()) {
      if (name.toLowerCase(Locale.ROOT).endsWith(archive.suffix)) {
        return archive;
      }
    }
    throw new IOException(
        "It is a file but not an archive. Valid are a directory, or an archive whose name ends with"
            + " .zip, .tar.gz or .tgz.");
  }

  /**
   * Unpacks an archive into a new directory, which is removed on failure.
   *
   * @return the directory of the content
   * @throws InvalidArchiveException if the archive cannot or must not be unpacked
   */
  Path unpack(Path archive, Content content, Path directory, Reservation reservation)
      throws IOException {
    FileTree.delete(directory);
    Files.createDirectories(directory);
    UnpackTarget target = UnpackTarget.of(content, directory, reservation);
    try {
      unpack(archive, target);
      return target.finish();
    } catch (IOException | RuntimeException e) {
      // Malformed archives cause runtime exceptions in the readers, too.
      FileTree.delete(directory);
      Interrupts.check();
      if (e instanceof CacheFullException) {
        throw e;
      }
      throw new InvalidArchiveException("The archive cannot be unpacked: " + Problems.text(e), e);
    }
  }
}
