// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** Reads zip archives. */
final class ZipArchive {

  private static final int MAX_LINK_BYTES = 4096;

  private ZipArchive() {}

  static void unpack(Path archive, UnpackTarget target) throws IOException {
    long most = target.content().maxZipDirectoryBytes;
    try (LimitedChannel channel =
            new LimitedChannel(
                Files.newByteChannel(archive),
                most,
                "Its central directory has more than " + most + " bytes.");
        ZipFile zip =
            ZipFile.builder()
                .setSeekableByteChannel(channel)
                .setIgnoreLocalFileHeader(true)
                .get()) {
      channel.allowAll();
      for (Enumeration<ZipArchiveEntry> entries = zip.getEntriesInPhysicalOrder();
          entries.hasMoreElements(); ) {
        unpack(zip, entries.nextElement(), target);
      }
    }
  }

  private static void unpack(ZipFile zip, ZipArchiveEntry entry, UnpackTarget target)
      throws IOException {
    if (!zip.canReadEntryData(entry)) {
      throw new IOException(
          "The entry "
              + Names.quote(entry.getName())
              + " is encrypted, or compressed by an unknown method.");
    }
    int type = entry.getUnixMode() & UnixStat.FILE_TYPE_FLAG;
    if (type == UnixStat.LINK_FLAG) {
      try (InputStream in = zip.getInputStream(entry)) {
        target.link(
            entry.getName(), new String(in.readNBytes(MAX_LINK_BYTES), StandardCharsets.UTF_8));
      }
    } else if (entry.isDirectory()) {
      target.directory(entry.getName());
    } else if (type == 0 || type == UnixStat.FILE_FLAG) {
      file(zip, entry, target);
    } else {
      throw new IOException(
          String.format(
              "The entry %s is of the type 0%o; valid are files, directories and symbolic links.",
              Names.quote(entry.getName()), type));
    }
  }

  private static void file(ZipFile zip, ZipArchiveEntry entry, UnpackTarget target)
      throws IOException {
    CRC32 checksum = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), checksum)) {
      long bytes =
          target.file(
              entry.getName(),
              in,
              UnpackTarget.isExecutable(entry.getUnixMode()),
              entry.getLastModifiedTime());
      if (bytes != entry.getSize() || checksum.getValue() != entry.getCrc()) {
        throw new IOException("The entry " + Names.quote(entry.getName()) + " is damaged.");
      }
    }
  }
}
