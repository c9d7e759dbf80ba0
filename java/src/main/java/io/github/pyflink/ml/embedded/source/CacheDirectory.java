package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_CACHE_DIRECTORY;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import javax.annotation.Nullable;

/** Where the cache of models lies on this host. */
final class CacheDirectory {

  private CacheDirectory() {}

  /**
   * Returns the directory, which is made where it is not there.
   *
   * @param configured the option, or null for the default
   */
  static Path of(@Nullable String configured) throws IOException {
    try {
      return configured == null
          ? below(Paths.get(System.getProperty("java.io.tmpdir")))
          : Files.createDirectories(Paths.get(configured).toAbsolutePath());
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "The model cache cannot be made: %s. The option '%s' sets another directory.",
              e, MODEL_CACHE_DIRECTORY.key()),
          e);
    }
  }

  /** Returns this user's own directory in one that everybody may write to. */
  static Path below(Path temporary) throws IOException {
    String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9_-]", "_");
    Path directory = temporary.toAbsolutePath().resolve("pyflink-ml-embedded-" + user);
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    // The user's name need not be known to the system, so a new file tells who this process is.
    Path mine = Files.createTempFile(temporary, "pyflink-ml-embedded-", null);
    try {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
          || !Files.getOwner(directory).equals(Files.getOwner(mine))) {
        throw new IOException(
            "'" + directory + "' is not a directory of the user who runs this process");
      }
    } finally {
      Files.delete(mine);
    }
    return directory;
  }
}
