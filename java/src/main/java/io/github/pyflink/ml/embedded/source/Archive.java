package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The archives that a model may come in. */
enum Archive {
  ZIP(".zip") {
    @Override
    void unpack(Path archive, Unpacked target) throws IOException {
      ZipArchive.unpack(archive, target);
    }
  },
  TAR_GZ(".tar.gz") {
    @Override
    void unpack(Path archive, Unpacked target) throws IOException {
      TarArchive.unpack(archive, target);
    }
  },
  TGZ(".tgz") {
    @Override
    void unpack(Path archive, Unpacked target) throws IOException {
      TarArchive.unpack(archive, target);
    }
  };

  private final String suffix;

  Archive(String suffix) {
    this.suffix = suffix;
  }

  abstract void unpack(Path archive, Unpacked target) throws IOException;

  /**
   * Returns the kind that a file's name tells.
   *
   * @throws IOException if it is none
   */
  static Archive of(String name) throws IOException {
    for (Archive archive : values()) {
      if (name.toLowerCase(Locale.ROOT).endsWith(archive.suffix)) {
        return archive;
      }
    }
    throw new IOException(
        "It is a file that is no archive. Valid are a directory, or an archive whose name ends with"
            + " .zip, .tar.gz or .tgz.");
  }

  /**
   * Unpacks a file into a directory, which is made anew, and removed on failure.
   *
   * @return the model's directory
   * @throws BrokenArchiveException if the archive is at fault
   */
  Path unpack(Path archive, Path target, Room room) throws IOException {
    Tree.delete(target);
    Files.createDirectories(target);
    Unpacked unpacked = new Unpacked(target, room);
    try {
      unpack(archive, unpacked);
      return unpacked.finish();
    } catch (IOException | RuntimeException e) {
      // Runtime exceptions too: the readers were not written for archives that lie.
      Tree.delete(target);
      Interrupts.check();
      if (e instanceof NoRoomException) {
        throw e;
      }
      throw new BrokenArchiveException("The archive cannot be unpacked: " + e.getMessage(), e);
    }
  }
}
