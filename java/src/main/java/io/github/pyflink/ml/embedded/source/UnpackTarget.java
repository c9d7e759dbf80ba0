// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.annotation.Nullable;

/**
 * The directory that an archive is unpacked into. The archive is untrusted: names are checked,
 * bytes are counted as they are written, and links are created after all files, so that no file is
 * written through a link.
 */
abstract class UnpackTarget {

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int OWNER_EXECUTE = 0100;

  final Path root;
  final Reservation reservation;
  final Names names;
  private final Content content;
  private final Map<String, String> links = new LinkedHashMap<>();

  UnpackTarget(Content content, Path root, Reservation reservation) {
    this.content = content;
    this.root = root;
    this.reservation = reservation;
    this.names = new Names(content);
  }

  static UnpackTarget of(Content content, Path root, Reservation reservation) {
    return content == Content.MODEL
        ? new ModelTarget(root, reservation)
        : new EnvironmentTarget(content, root, reservation);
  }

  /** Returns whether the mode of a file says that its owner may run it. */
  static boolean isExecutable(int mode) {
    return (mode & OWNER_EXECUTE) != 0;
  }

  Content content() {
    return content;
  }

  void directory(String name) throws IOException {
    Files.createDirectories(root.resolve(names.add(name, Names.Kind.DIRECTORY)));
  }

  /**
   * Writes a file.
   *
   * @param modified the time of its last modification, or null if the archive has none
   * @return its length
   */
  abstract long file(String name, InputStream in, boolean executable, @Nullable FileTime modified)
      throws IOException;

  /**
   * Writes a file, and waits until it is on the disk if asked to.
   *
   * @return its length
   */
  final long write(Path file, InputStream in, boolean sync) throws IOException {
    Files.createDirectories(file.getParent());
    long bytes = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        Interrupts.check();
        reservation.use(n);
        out.write(buffer, 0, n);
        bytes += n;
      }
      if (sync) {
        out.getFD().sync();
      }
    }
    return bytes;
  }

  void link(String name, String target) throws IOException {
    links.put(names.add(name, Names.Kind.LINK), target);
  }

  abstract void hardLink(String name, String target) throws IOException;

  /**
   * Creates the links.
   *
   * @return the directory of the content: the root; but of a model or an environment the only
   *     top-level directory, if there is nothing else
   */
  Path finish() throws IOException {
    for (Map.Entry<String, String> link : links.entrySet()) {
      Path path = root.resolve(link.getKey());
      Files.createDirectories(path.getParent());
      Files.createSymbolicLink(path, Paths.get(link.getValue()));
    }
    List<Path> children = FileTree.children(root);
    if (children.isEmpty()) {
      throw new IOException("It contains no files.");
    }
    boolean wrapped =
        content != Content.DEPENDENCY
            && children.size() == 1
            && Files.isDirectory(children.get(0), LinkOption.NOFOLLOW_LINKS);
    Path directory = wrapped ? children.get(0) : root;
    for (Map.Entry<String, String> link : links.entrySet()) {
      String shown =
          String.format(
              "The symbolic link %s -> %s",
              Names.quote(link.getKey()), Names.quote(link.getValue()));
      check(root.resolve(link.getKey()), shown, directory.toRealPath());
    }
    return directory;
  }

  /**
   * Checks a link, and changes it where it would not work after a move of the directory.
   *
   * @param shown the link as it is shown in messages
   * @param directory the real path of the directory that it must not leave
   */
  abstract void check(Path link, String shown, Path directory) throws IOException;

  /** Makes a link point to a path below the directory that is moved. */
  static void replace(Path link, Path target) throws IOException {
    Files.delete(link);
    Path relative = link.getParent().toRealPath().relativize(target);
    Files.createSymbolicLink(link, relative.toString().isEmpty() ? Paths.get(".") : relative);
  }
}
