// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import javax.annotation.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that a packed Python environment, or an archive that may have one, is unpacked
 * into. Unlike a model it has programs, bytecode that is valid for the modification time of its
 * module only, links whose targets were not packed, hard links between its files, and the link to
 * the interpreter that it was created with.
 */
final class EnvironmentTarget extends UnpackTarget {

  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentTarget.class);

  /** The archive of a job may have an environment in any directory. */
  private static final Pattern INTERPRETER = Pattern.compile("(.*/)?bin/python[0-9.]*t?");

  private static final int MAX_LINKS = 40;

  EnvironmentTarget(Content content, Path root, Reservation reservation) {
    super(content, root, reservation);
  }

  /** Leaves the file to the file system to write, because thousands are written. */
  @Override
  long file(String name, InputStream in, boolean executable, @Nullable FileTime modified)
      throws IOException {
    if (isLeftOut(name)) {
      return in.transferTo(OutputStream.nullOutputStream());
    }
    Path file = root.resolve(names.add(name, Names.Kind.FILE));
    Files.deleteIfExists(file); // an earlier one, which may have hard links
    long bytes = write(file, in, false);
    if (executable) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      permissions.addAll(
          EnumSet.of(
              PosixFilePermission.OWNER_EXECUTE,
              PosixFilePermission.GROUP_EXECUTE,
              PosixFilePermission.OTHERS_EXECUTE));
      Files.setPosixFilePermissions(file, permissions);
    }
    if (modified != null) {
      Files.setLastModifiedTime(file, modified);
    }
    return bytes;
  }

  @Override
  void link(String name, String target) throws IOException {
    if (!isLeftOut(name) && !isLeftOut(target)) {
      super.link(name, target);
    }
  }

  @Override
  void hardLink(String name, String target) throws IOException {
    String file = Names.clean(target);
    if (!names.isFile(file)) {
      throw new IOException(
          String.format(
              "The hard link %s is not allowed: %s is not a file before it in the archive.",
              Names.quote(name), Names.quote(target)));
    }
    Path link = root.resolve(names.add(name, Names.Kind.FILE));
    Path original = root.resolve(file);
    if (!link.equals(original)) {
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      reservation.use(Files.size(original));
      Files.createLink(link, original);
    }
  }

  @Override
  Path finish() throws IOException {
    Path environment = super.finish();
    FileTree.sync(environment);
    return environment;
  }

  /**
   * Accepts a link that stays inside at each step, or is the interpreter's. Removes one without a
   * target.
   */
  @Override
  void check(Path link, String shown, Path environment) throws IOException {
    Path step = link;
    for (int links = 0; Files.isSymbolicLink(step); links++) {
      if (links == MAX_LINKS) {
        throw new IOException(shown + " is not allowed: it points to itself.");
      }
      Path target = Files.readSymbolicLink(step);
      if (target.isAbsolute()) {
        requireInterpreter(environment.relativize(step), target, shown);
        return;
      }
      try {
        step = nextStep(step, target);
      } catch (NoSuchFileException e) {
        Files.delete(link);
        return;
      }
      if (!step.startsWith(environment)) {
        throw new IOException(shown + " is not allowed: it leaves the environment's directory.");
      }
      if (links == 0) {
        replace(link, step);
      }
    }
    if (!Files.exists(step, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(link);
    }
  }

  /** Returns what a relative link points to, with a real path above it. */
  private static Path nextStep(Path link, Path target) throws IOException {
    Path path = link.getParent().toRealPath().resolve(target);
    boolean isName = !path.endsWith("..") && !path.endsWith(".");
    return isName ? path.getParent().toRealPath().resolve(path.getFileName()) : path.toRealPath();
  }

  private static void requireInterpreter(Path link, Path target, String shown) throws IOException {
    boolean isInterpreter =
        INTERPRETER.matcher(link.toString()).matches()
            && target.getFileName() != null
            && target.getFileName().toString().startsWith("python");
    if (!isInterpreter) {
      throw new IOException(
          shown
              + " is not allowed: it leaves the environment's directory, which only the links"
              + " bin/python* to the interpreter may.");
    }
  }

  /**
   * Returns whether the JVM cannot write a name. Such names are rare in packages, but venv makes
   * the link {@code bin/𝜋thon}.
   */
  private static boolean isLeftOut(String name) {
    try {
      Paths.get(name);
      return false;
    } catch (InvalidPathException e) {
      LOG.warn(
          "The entry {} of the environment is left out, because the JVM's encoding of file names is"
              + " {}. If Python needs it, set LC_ALL=C.UTF-8 in the environment of the TaskManager.",
          Names.quote(name),
          System.getProperty("sun.jnu.encoding"));
      return true;
    }
  }
}
