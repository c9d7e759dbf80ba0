// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/** Directories that only the user of this process may write to: code is loaded from them. */
final class PrivateDirectory {

  private PrivateDirectory() {}

  /**
   * Creates a directory for this user alone, or checks one that exists.
   *
   * @param owner what {@link #ownerOfFilesIn} returned
   * @throws IOException if it belongs to another user, or others may write to it
   */
  static Path of(Path directory, UserPrincipal owner) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
      throw new IOException(
          "'" + directory + "' is not a directory that belongs to the user who runs this process");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
    if (othersMayWrite(permissions)) {
      throw new IOException(
          String.format(
              "other users may write to '%s' (%s), and may have changed code in it. Delete it",
              directory, PosixFilePermissions.toString(permissions)));
    }
    return directory;
  }

  /** Returns the owner of new files: the name of this user may be unknown to the system. */
  static UserPrincipal ownerOfFilesIn(Path directory) throws IOException {
    Path probe = Files.createTempFile(directory, "pyflink-ml-embedded-", null);
    try {
      return Files.getOwner(probe);
    } finally {
      Files.delete(probe);
    }
  }

  static boolean othersMayWrite(Set<PosixFilePermission> permissions) {
    return permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }
}
