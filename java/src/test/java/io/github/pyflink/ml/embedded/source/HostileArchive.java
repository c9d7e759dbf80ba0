// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/** Generates archives from seeds: entries that attack, in files that are damaged. */
final class HostileArchive {

  private static final int RECORD_BYTES = 512;
  private static final int BOMB_BYTES = 4 << 20;

  /** Files, directories, links, devices, GNU's long names and sparse files, PAX headers. */
  private static final String TAR_TYPES = "000000025511346 7SKLxgXVDMN\0";

  private static final Charset[] ENCODINGS = {
    StandardCharsets.UTF_8, StandardCharsets.ISO_8859_1, Charset.forName("IBM437")
  };

  private final Random random;
  private final String[] names;
  private final String[] targets;

  private HostileArchive(long seed, Path outside) {
    this.random = new Random(seed);
    String absolute = outside.resolve("new").toString();
    this.names =
        new String[] {
          "a",
          "a/b",
          "b",
          "A",
          "c/d/e.py",
          "l",
          "l/x",
          "bin/python3",
          "./a",
          "a//b",
          "pyvenv.cfg",
          "caf\u00e9",
          "cafe\u0301",
          "\ud83d\ude00",
          "\u202ea.py",
          "n".repeat(300),
          "d/".repeat(300),
          "../new",
          "a/../../new",
          absolute,
          "/" + absolute,
          "..",
          ".",
          "",
          "/",
          "C:\\new",
          "a\\b",
          "x\0y",
          "x\ny",
          "\u001b[2J",
          "../outside/new",
          "../outside/secret",
          "l/secret"
        };
    this.targets =
        new String[] {
          "a",
          "b",
          "l",
          ".",
          "..",
          "../..",
          "../outside",
          "../outside/secret",
          outside.toString(),
          outside.resolve("secret").toString(),
          "c/d",
          "missing",
          "",
          "l/l",
          "c/../../outside",
          "python3",
          "/usr/bin/python3",
          "/proc/self/environ"
        };
  }

  /** Returns the bytes of an archive; the same for the same seed. */
  static byte[] of(Archive format, long seed, Path outside) throws IOException {
    HostileArchive archive = new HostileArchive(seed, outside);
    if (format == Archive.ZIP) {
      return archive.damaged(archive.zip());
    }
    byte[] tar = archive.tar();
    boolean inside = archive.random.nextBoolean();
    byte[] packed = gzip(inside ? archive.damaged(tar) : tar);
    return inside ? packed : archive.damaged(packed);
  }

  private byte[] zip() throws IOException {
    SeekableInMemoryByteChannel channel = new SeekableInMemoryByteChannel();
    try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(channel)) {
      out.setEncoding(anyOf(ENCODINGS).name());
      out.setUseZip64(random.nextInt(4) == 0 ? Zip64Mode.Always : Zip64Mode.AsNeeded);
      for (int i = entries(); i > 0; i--) {
        ZipArchiveEntry entry = new ZipArchiveEntry(name());
        int[] types = {
          UnixStat.FILE_FLAG,
          UnixStat.FILE_FLAG,
          UnixStat.FILE_FLAG,
          UnixStat.LINK_FLAG,
          UnixStat.DIR_FLAG,
          0010000,
          0020000,
          0060000,
          0140000,
          0
        };
        int type = types[random.nextInt(isHostile() ? types.length : 4)];
        entry.setUnixMode(type | random.nextInt(010000));
        out.putArchiveEntry(entry);
        out.write(type == UnixStat.LINK_FLAG ? bytes(anyOf(targets)) : content());
        out.closeArchiveEntry();
      }
    }
    return Arrays.copyOf(channel.array(), (int) channel.size());
  }

  private byte[] tar() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = entries(); i > 0; i--) {
      char type = isHostile() ? TAR_TYPES.charAt(random.nextInt(TAR_TYPES.length())) : '0';
      byte[] content = "25134 6".indexOf(type) >= 0 ? new byte[0] : content();
      if ("xgX".indexOf(type) >= 0) {
        content = pax();
      } else if ("KL".indexOf(type) >= 0) {
        content = bytes(name() + "\0");
      }
      byte[] header = new byte[RECORD_BYTES];
      put(header, 0, bytes(name()), 100);
      put(header, 100, octal(random.nextInt(010000), 7), 8);
      put(header, 124, octal(content.length, 11), 12);
      put(header, 136, octal(random.nextInt(), 11), 12);
      header[156] = (byte) type;
      put(header, 157, bytes(anyOf(targets)), 100);
      put(header, 257, bytes(random.nextBoolean() ? "ustar\00000" : "ustar  \0"), 8);
      if (random.nextInt(8) == 0) { // a prefix, or GNU's fields of sparse files
        put(header, 345, bytes(name()), 155);
      }
      put(header, 148, bytes("        "), 8);
      int sum = 0;
      for (byte each : header) {
        sum += each & 0xff;
      }
      put(header, 148, octal(sum, 6), 6);
      out.write(header);
      out.write(Arrays.copyOf(content, padded(content.length)));
    }
    out.write(new byte[2 * RECORD_BYTES]);
    return out.toByteArray();
  }

  private byte[] pax() {
    String[] keys = {
      "path",
      "linkpath",
      "size",
      "mtime",
      "GNU.sparse.major",
      "GNU.sparse.minor",
      "GNU.sparse.size",
      "GNU.sparse.realsize",
      "GNU.sparse.name",
      "GNU.sparse.map",
      "GNU.sparse.numblocks",
      "uid",
      "x"
    };
    String[] values = {
      "", "1", "-1", "99999999999999999999", "9223372036854775807", "0,1,5,9", "1e9"
    };
    StringBuilder records = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      String value = random.nextBoolean() ? name() : anyOf(values);
      String record = " " + anyOf(keys) + "=" + value + "\n";
      int length = bytes(record).length;
      records.append(random.nextInt(8) == 0 ? random.nextInt(1 << 30) : length + 2).append(record);
    }
    return bytes(records.toString());
  }

  /** Leaves a third as it is; else flips, cuts, repeats or appends bytes. */
  private byte[] damaged(byte[] archive) {
    byte[] bytes = archive.clone();
    int damages = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(4);
    for (int i = 0; i < damages && bytes.length > 1; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0:
          bytes[at] ^= (byte) (1 << random.nextInt(8));
          break;
        case 1:
          byte[] extremes = {0, 1, 0x7f, (byte) 0x80, (byte) 0xff};
          Arrays.fill(
              bytes,
              at,
              Math.min(bytes.length, at + 1 + random.nextInt(8)),
              extremes[random.nextInt(extremes.length)]);
          break;
        case 2:
          bytes = Arrays.copyOf(bytes, at);
          break;
        case 3:
          bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(3 * RECORD_BYTES));
          break;
        case 4: // a block again, at another place
          int from = random.nextInt(bytes.length);
          int length = Math.min(RECORD_BYTES, bytes.length - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, length);
          break;
        default: // a signature of zip, whose fields follow
          int found = indexOf(bytes, new byte[] {'P', 'K'}, at);
          if (found >= 0 && found + 30 < bytes.length) {
            bytes[found + 4 + random.nextInt(26)] = (byte) random.nextInt();
          }
      }
    }
    return bytes;
  }

  private int entries() {
    return 1 + random.nextInt(5);
  }

  /** Most archives have a few attacks among ordinary files. */
  private boolean isHostile() {
    return random.nextInt(3) == 0;
  }

  private String name() {
    if (!isHostile()) {
      return "f" + random.nextInt(1000) + "/g" + random.nextInt(1000);
    }
    return anyOf(names);
  }

  private byte[] content() {
    if (random.nextInt(50) == 0) {
      return new byte[BOMB_BYTES];
    }
    byte[] content = new byte[random.nextInt(2000)];
    random.nextBytes(content);
    return content;
  }

  private byte[] bytes(String text) {
    return text.getBytes(anyOf(ENCODINGS));
  }

  private <T> T anyOf(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private static byte[] octal(int number, int digits) {
    String text = Integer.toOctalString(number);
    return ("0".repeat(Math.max(0, digits - text.length())) + text + "\0")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void put(byte[] header, int offset, byte[] field, int width) {
    System.arraycopy(field, 0, header, offset, Math.min(field.length, width));
  }

  private static int padded(int length) {
    return (length + RECORD_BYTES - 1) / RECORD_BYTES * RECORD_BYTES;
  }

  private static int indexOf(byte[] bytes, byte[] wanted, int from) {
    for (int i = from; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip =
        new GZIPOutputStream(out) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        }) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }
}
