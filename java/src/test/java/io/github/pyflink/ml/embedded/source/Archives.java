// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Writes archives, including malicious ones that no tool would write. */
abstract class Archives {

  /** The formats that a test writes its archive in. */
  enum Format {
    ZIP("model.zip") {
      @Override
      Archives to(Path directory) {
        return zip(directory.resolve("model.zip"));
      }
    },
    TAR_GZ("model.tar.gz") {
      @Override
      Archives to(Path directory) {
        return tar(directory.resolve("model.tar.gz"));
      }
    };

    final String fileName;

    Format(String fileName) {
      this.fileName = fileName;
    }

    abstract Archives to(Path directory);
  }

  private final Path path;

  private Archives(Path path) {
    this.path = path;
  }

  static Archives zip(Path path) {
    try {
      return new Zip(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Archives tar(Path path) {
    try {
      return new Tar(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Archives file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  abstract Archives file(String name, byte[] content) throws IOException;

  /** A file that its owner may run. */
  abstract Archives program(String name, byte[] content) throws IOException;

  abstract Archives directory(String name) throws IOException;

  abstract Archives link(String name, String target) throws IOException;

  /** A named pipe. */
  abstract Archives pipe(String name) throws IOException;

  Path write() throws IOException {
    finish();
    return path;
  }

  abstract void finish() throws IOException;

  /** Removes bytes at the end of a file. */
  static void truncate(Path file, int bytes) throws IOException {
    byte[] content = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(content, content.length - bytes));
  }

  private static final class Zip extends Archives {
    private final ZipArchiveOutputStream out;

    Zip(Path path) throws IOException {
      super(path);
      out = new ZipArchiveOutputStream(path);
    }

    @Override
    Archives file(String name, byte[] content) throws IOException {
      return put(name, UnixStat.FILE_FLAG | 0644, content);
    }

    @Override
    Archives program(String name, byte[] content) throws IOException {
      return put(name, UnixStat.FILE_FLAG | 0755, content);
    }

    @Override
    Archives directory(String name) throws IOException {
      return put(name + "/", UnixStat.DIR_FLAG | 0755, new byte[0]);
    }

    @Override
    Archives link(String name, String target) throws IOException {
      return put(name, UnixStat.LINK_FLAG | 0777, target.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    Archives pipe(String name) throws IOException {
      return put(name, 0010644, new byte[0]);
    }

    private Archives put(String name, int mode, byte[] content) throws IOException {
      ZipArchiveEntry entry = new ZipArchiveEntry(name);
      entry.setUnixMode(mode);
      out.putArchiveEntry(entry);
      out.write(content);
      out.closeArchiveEntry();
      return this;
    }

    @Override
    void finish() throws IOException {
      out.close();
    }
  }

  /** Writes headers itself: the writer of commons-compress 1.26.0 needs a library not in Flink. */
  private static final class Tar extends Archives {
    private static final int RECORD_BYTES = 512;
    private static final int BLOCK_BYTES = 20 * RECORD_BYTES;
    private static final int MAX_NAME_CHARS = 100;

    private final OutputStream out;
    private int records;

    Tar(Path path) throws IOException {
      super(path);
      out = new GZIPOutputStream(Files.newOutputStream(path));
    }

    @Override
    Archives file(String name, byte[] content) throws IOException {
      return put(name, TarConstants.LF_NORMAL, "", content);
    }

    @Override
    Archives program(String name, byte[] content) throws IOException {
      return put(name, TarConstants.LF_NORMAL, "", content, 0755);
    }

    @Override
    Archives directory(String name) throws IOException {
      return put(name + "/", TarConstants.LF_DIR, "", new byte[0]);
    }

    @Override
    Archives link(String name, String target) throws IOException {
      return put(name, TarConstants.LF_SYMLINK, target, new byte[0]);
    }

    @Override
    Archives pipe(String name) throws IOException {
      return put(name, TarConstants.LF_FIFO, "", new byte[0]);
    }

    Archives hardLink(String name, String target) throws IOException {
      return put(name, TarConstants.LF_LINK, target, new byte[0]);
    }

    private Archives put(String name, byte type, String target, byte[] content) throws IOException {
      return put(name, type, target, content, TarArchiveEntry.DEFAULT_FILE_MODE);
    }

    private Archives put(String name, byte type, String target, byte[] content, int mode)
        throws IOException {
      if (name.length() > MAX_NAME_CHARS) {
        byte[] longName = name.getBytes(StandardCharsets.UTF_8);
        put(TarConstants.GNU_LONGLINK, TarConstants.LF_GNUTYPE_LONGNAME, "", longName);
      }
      String shortName = name.substring(0, Math.min(name.length(), MAX_NAME_CHARS));
      TarArchiveEntry entry = new TarArchiveEntry(shortName, type, true);
      entry.setMode(mode);
      entry.setLinkName(target);
      entry.setSize(content.length);
      byte[] header = new byte[RECORD_BYTES];
      entry.writeEntryHeader(header);
      write(header);
      write(content);
      return this;
    }

    private void write(byte[] content) throws IOException {
      int padded = (content.length + RECORD_BYTES - 1) / RECORD_BYTES;
      out.write(Arrays.copyOf(content, padded * RECORD_BYTES));
      records += padded;
    }

    @Override
    void finish() throws IOException {
      write(new byte[2 * RECORD_BYTES]);
      write(new byte[BLOCK_BYTES - records * RECORD_BYTES % BLOCK_BYTES]);
      out.close();
    }
  }

  /** Adds entries to an archive. */
  interface Entries {
    void addTo(Archives archive) throws IOException;
  }

  /** A hard link, which only tar knows, behind other entries. */
  static Path tarWithHardLink(Path path, String name, String target, Entries before)
      throws IOException {
    Tar tar = new Tar(path);
    before.addTo(tar);
    tar.hardLink(name, target);
    return tar.write();
  }
}
