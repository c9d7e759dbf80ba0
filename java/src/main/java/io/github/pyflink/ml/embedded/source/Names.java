// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The names of files in an archive or a remote directory. They are untrusted relative paths, which
 * become paths on this host, so names that leave the directory or collide are rejected.
 */
final class Names {

  enum Kind {
    FILE,
    DIRECTORY,
    LINK
  }

  private static final int MAX_CHARS = 1024;
  private static final int QUOTED_CHARS = 200;
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

  private final Content content;

  /** By name as {@link #key} returns it. */
  private final Map<String, Entry> entries = new HashMap<>();

  Names(Content content) {
    this.content = content;
  }

  /**
   * Adds a name and the directories above it.
   *
   * @return the name as segments separated by single slashes; empty for the directory itself
   * @throws IOException if the name is not allowed
   */
  String add(String raw, Kind kind) throws IOException {
    String name = clean(raw);
    if (name.isEmpty()) {
      if (kind != Kind.DIRECTORY) {
        throw rejection(raw, "is the directory itself");
      }
      return name;
    }
    for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      put(name.substring(0, end), Kind.DIRECTORY);
    }
    put(name, kind);
    return name;
  }

  /** Returns whether a name was added as a file. */
  boolean isFile(String name) {
    Entry known = entries.get(key(name));
    return known != null && known.name.equals(name) && known.kind == Kind.FILE;
  }

  /** Returns a name as {@link #add} does. */
  static String clean(String raw) throws IOException {
    if (raw.length() > MAX_CHARS) {
      throw rejection(raw, "is longer than " + MAX_CHARS + " characters");
    }
    if (raw.startsWith("/")) {
      throw rejection(raw, "is absolute");
    }
    if (DRIVE.matcher(raw).matches()) {
      throw rejection(raw, "begins with a drive letter");
    }
    if (raw.indexOf('\\') >= 0) {
      throw rejection(raw, "contains a backslash");
    }
    if (raw.chars().anyMatch(Character::isISOControl)) {
      throw rejection(raw, "contains a control character");
    }
    StringBuilder name = new StringBuilder();
    for (String segment : raw.split("/")) {
      if (segment.equals("..")) {
        throw rejection(raw, "contains '..'");
      }
      if (!segment.isEmpty() && !segment.equals(".")) {
        name.append(name.length() == 0 ? "" : "/").append(segment);
      }
    }
    return name.toString();
  }

  private void put(String name, Kind kind) throws IOException {
    Entry known = entries.putIfAbsent(key(name), new Entry(name, kind));
    if (known == null) {
      if (entries.size() > content.maxNames) {
        throw new IOException(
            String.format(
                "There are more than %d files, directories and links, which is the maximum of the"
                    + " %s.",
                content.maxNames, content.noun));
      }
    } else if (!known.name.equals(name)) {
      throw rejection(name, "differs only in case or accents from " + quote(known.name));
    } else if (known.kind != kind || !mayOccurAgain(kind)) {
      throw rejection(name, "occurs twice");
    }
  }

  /**
   * Returns what must be distinct. The files of a model must be distinct on every file system; an
   * environment, which has files such as {@code terminfo/n} and {@code terminfo/N}, runs on Linux
   * only.
   */
  private String key(String name) {
    return content == Content.MODEL
        ? Normalizer.normalize(name, Normalizer.Form.NFC).toLowerCase(Locale.ROOT)
        : name;
  }

  /** venv-pack writes {@code pyvenv.cfg} twice; the last file counts, as for tar and unzip. */
  private boolean mayOccurAgain(Kind kind) {
    return kind == Kind.DIRECTORY || content != Content.MODEL;
  }

  private static IOException rejection(String name, String problem) {
    return new IOException("The name " + quote(name) + " is not allowed: it " + problem + ".");
  }

  static String quote(String name) {
    String printable = name.replaceAll("\\p{Cntrl}", "?");
    return "'"
        + (printable.length() > QUOTED_CHARS
            ? printable.substring(0, QUOTED_CHARS) + "..."
            : printable)
        + "'";
  }

  private static final class Entry {
    final String name;
    final Kind kind;

    Entry(String name, Kind kind) {
      this.name = name;
      this.kind = kind;
    }
  }
}
