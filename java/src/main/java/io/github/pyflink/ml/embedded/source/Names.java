package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The names in an archive or a remote directory: relative paths, which come from others and become
 * paths of this host. What would lie outside of the directory, or be two files under one name, is
 * refused.
 */
final class Names {

  enum Kind {
    FILE,
    DIRECTORY,
    LINK
  }

  /** The most files, directories and links of a model. */
  static final int MAX_NAMES = 50_000;

  private static final int MAX_CHARS = 1024;
  private static final int QUOTED_CHARS = 200;
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

  /** By their names without case, which differ on every file system. */
  private final Map<String, Entry> entries = new HashMap<>();

  /**
   * Adds a name and the directories above it.
   *
   * @return the name with nothing in it but segments and single slashes; empty for the directory
   *     itself
   * @throws IOException if it must not be used
   */
  String add(String raw, Kind kind) throws IOException {
    String name = clean(raw);
    if (name.isEmpty()) {
      if (kind != Kind.DIRECTORY) {
        throw refusal(raw, "names the directory itself");
      }
      return name;
    }
    for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      put(name.substring(0, end), Kind.DIRECTORY);
    }
    put(name, kind);
    return name;
  }

  private static String clean(String raw) throws IOException {
    if (raw.length() > MAX_CHARS) {
      throw refusal(raw, "is longer than " + MAX_CHARS + " characters");
    }
    if (raw.startsWith("/")) {
      throw refusal(raw, "is absolute");
    }
    if (DRIVE.matcher(raw).matches()) {
      throw refusal(raw, "begins with a drive letter");
    }
    if (raw.indexOf('\\') >= 0) {
      throw refusal(raw, "has a backslash");
    }
    if (raw.chars().anyMatch(Character::isISOControl)) {
      throw refusal(raw, "has a control character");
    }
    StringBuilder name = new StringBuilder();
    for (String segment : raw.split("/")) {
      if (segment.equals("..")) {
        throw refusal(raw, "has '..' in it");
      }
      if (!segment.isEmpty() && !segment.equals(".")) {
        name.append(name.length() == 0 ? "" : "/").append(segment);
      }
    }
    return name.toString();
  }

  private void put(String name, Kind kind) throws IOException {
    String key = Normalizer.normalize(name, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    Entry known = entries.putIfAbsent(key, new Entry(name, kind));
    if (known == null) {
      if (entries.size() > MAX_NAMES) {
        throw new IOException(
            "There are more than "
                + MAX_NAMES
                + " files, directories and links, which is the most that a model may have.");
      }
    } else if (!known.name.equals(name)) {
      throw refusal(name, "differs only in case or accents from " + quote(known.name));
    } else if (known.kind != Kind.DIRECTORY || kind != Kind.DIRECTORY) {
      throw refusal(name, "is there twice");
    }
  }

  private static IOException refusal(String name, String problem) {
    return new IOException("The name " + quote(name) + " is refused: it " + problem + ".");
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
