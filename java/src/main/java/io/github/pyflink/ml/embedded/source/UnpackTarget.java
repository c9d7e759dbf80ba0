// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The directory that an archive is unpacked into. The archive is untrusted: names are checked,
 * bytes are counted as they are written, and links are created after all files, so that no file is
 * written through a link.
 */
final class UnpackTarget {

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path root;
  private final Reservation reservation;
  private final Names names = new Names();
  private final Map<String, String> links = new LinkedHashMap<>();

  UnpackTarget(Path root, Reservation reservation) {
    this.root = root;
    this.reservation = reservation;
  }

  void directory(String name) throws IOException {
    Files.createDirectories(root.resolve(names.add(name, Names.Kind.DIRECTORY)));
  }

  /**
   * Writes a file.
   *
   * @return its length
   */
  long file(String name, InputStream in) throws IOException {
    Path file = root.resolve(names.add(name, Names.Kind.FILE));
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
      out.getFD().sync();
    }
    return bytes;
  }

  void link(String name, String target) throws IOException {
    links.put(names.add(name, Names.Kind.LINK), target);
  }

  /**
   * Creates the links.
   *
   * @return the model's directory: the only top-level directory if there is nothing else, or the
   *     root
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
        children.size() == 1 && Files.isDirectory(children.get(0), LinkOption.NOFOLLOW_LINKS);
    Path model = wrapped ? children.get(0) : root;
    for (Map.Entry<String, String> link : links.entrySet()) {
      resolve(root.resolve(link.getKey()), link, model.toRealPath());
    }
    return model;
  }

  /** Resolves a link to a relative path inside the model, so that the model can be moved. */
  private static void resolve(Path link, Map.Entry<String, String> names, Path model)
      throws IOException {
    String shown =
        "The symbolic link " + Names.quote(names.getKey()) + " -> " + Names.quote(names.getValue());
    Path target;
    try {
      target = link.toRealPath();
    } catch (NoSuchFileException e) {
      throw new IOException(shown + " is not allowed: its target does not exist.", e);
    }
    if (Paths.get(names.getValue()).isAbsolute() || !target.startsWith(model)) {
      throw new IOException(shown + " is not allowed: it leaves the model's directory.");
    }
    Files.delete(link);
    Path from = link.getParent().toRealPath();
    Path relative = from.relativize(target);
    Files.createSymbolicLink(link, relative.toString().isEmpty() ? Paths.get(".") : relative);
  }
}
