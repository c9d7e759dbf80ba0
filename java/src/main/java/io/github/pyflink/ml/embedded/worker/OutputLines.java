// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Splits a stream into lines that can be shown anywhere: bytes that are not UTF-8 are replaced, and
 * control characters become escapes such as {@code \x1b}.
 */
final class OutputLines {

  /** A longer line is passed on in pieces of whole characters. */
  private static final int MAX_BYTES = 16 << 10;

  /** The most bytes of a character that follow its first one. */
  private static final int MAX_FOLLOWING = 3;

  private final Consumer<String> consumer;
  private final byte[] line = new byte[MAX_BYTES];
  private int length;

  private OutputLines(Consumer<String> consumer) {
    this.consumer = consumer;
  }

  /** Passes on the lines of a stream, until it ends. */
  static void read(InputStream in, Consumer<String> consumer) throws IOException {
    OutputLines lines = new OutputLines(consumer);
    byte[] buffer = new byte[MAX_BYTES];
    try {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        lines.add(buffer, count);
      }
    } finally {
      lines.passOn(lines.length);
    }
  }

  private void add(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n') {
        passOn(length);
      } else {
        if (length == MAX_BYTES) {
          passOn(isFollowing(bytes[i]) ? lastCharacter() : length);
        }
        line[length++] = bytes[i];
      }
    }
  }

  private static boolean isFollowing(byte value) {
    return (value & 0xC0) == 0x80;
  }

  /** Returns where the last character begins, or the end where there is none. */
  private int lastCharacter() {
    for (int i = length - 1; i >= length - MAX_FOLLOWING; i--) {
      if (!isFollowing(line[i])) {
        return i;
      }
    }
    return length;
  }

  /** Passes on the first bytes, if there are any, and keeps the rest. */
  private void passOn(int count) {
    if (count > 0) {
      consumer.accept(safe(new String(line, 0, count, StandardCharsets.UTF_8)));
    }
    System.arraycopy(line, count, line, 0, length - count);
    length -= count;
  }

  private static String safe(String text) {
    String shown = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    StringBuilder safe = new StringBuilder(shown.length());
    for (char c : shown.toCharArray()) {
      if (c == '\u2028' || c == '\u2029') {
        safe.append(String.format("\\u%04x", (int) c));
      } else if (Character.isISOControl(c) && c != '\t') {
        safe.append(String.format("\\x%02x", (int) c));
      } else {
        safe.append(c);
      }
    }
    return safe.toString();
  }
}
