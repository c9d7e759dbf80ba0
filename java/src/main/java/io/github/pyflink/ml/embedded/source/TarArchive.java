// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Reads tar archives compressed with gzip. */
final class TarArchive {

  /** The limit of one entry's long names and attributes, which the reader keeps in memory. */
  private static final long MAX_HEADER_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private TarArchive() {}

  static void unpack(Path archive, UnpackTarget target) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        LimitedInput in =
            new LimitedInput(
                new GZIPInputStream(file, BUFFER_BYTES),
                "It has a header, or data after its end, of more than "
                    + MAX_HEADER_BYTES
                    + " bytes.");
        TarArchiveInputStream tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name())) {
      in.allow(MAX_HEADER_BYTES);
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        in.allow(Long.MAX_VALUE);
        unpack(tar, entry, target);
        in.allow(MAX_HEADER_BYTES);
      }
      // The checksum of gzip is at the end.
      while (in.read(new byte[BUFFER_BYTES]) >= 0) {
        Interrupts.check();
      }
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, UnpackTarget target)
      throws IOException {
    if (entry.isDirectory()) {
      target.directory(entry.getName());
    } else if (entry.isSymbolicLink()) {
      target.link(entry.getName(), entry.getLinkName());
    } else if (entry.getLinkFlag() == TarConstants.LF_NORMAL
        || entry.getLinkFlag() == TarConstants.LF_OLDNORM
        || entry.getLinkFlag() == TarConstants.LF_CONTIG) {
      target.file(
          entry.getName(),
          tar,
          UnpackTarget.isExecutable(entry.getMode()),
          entry.getLastModifiedTime());
    } else if (entry.isLink()) {
      target.hardLink(entry.getName(), entry.getLinkName());
    } else {
      throw new IOException(
          String.format(
              "The entry %s is of the type '%c'; valid are files, directories and symbolic links.",
              Names.quote(entry.getName()), (char) entry.getLinkFlag()));
    }
  }
}
