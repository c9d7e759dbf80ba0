// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import javax.annotation.Nullable;

/** The directory that a model is unpacked into: files that are data, and links between them. */
final class ModelTarget extends UnpackTarget {

  ModelTarget(Path root, Reservation reservation) {
    super(Content.MODEL, root, reservation);
  }

  @Override
  long file(String name, InputStream in, boolean executable, @Nullable FileTime modified)
      throws IOException {
    return write(root.resolve(names.add(name, Names.Kind.FILE)), in, true);
  }

  @Override
  void hardLink(String name, String target) throws IOException {
    throw new IOException(
        "The entry "
            + Names.quote(name)
            + " is a hard link; valid are files, directories and symbolic links.");
  }

  /** Resolves a link to a relative path inside the model, so that the model can be moved. */
  @Override
  void check(Path link, String shown, Path model) throws IOException {
    Path target;
    try {
      target = link.toRealPath();
    } catch (NoSuchFileException e) {
      throw new IOException(shown + " is not allowed: its target does not exist.", e);
    }
    if (Files.readSymbolicLink(link).isAbsolute() || !target.startsWith(model)) {
      throw new IOException(shown + " is not allowed: it leaves the model's directory.");
    }
    replace(link, target);
  }
}
