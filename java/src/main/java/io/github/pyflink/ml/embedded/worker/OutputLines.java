// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Splits a stream into lines; what is not UTF-8 is replaced. */
final class OutputLines {

  /** A longer line is passed on in pieces. */
  private static final int MAX_BYTES = 16 << 10;

  private final Consumer<String> consumer;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

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
      lines.passOn();
    }
  }

  private void add(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n' || line.size() == MAX_BYTES) {
        passOn();
      }
      if (bytes[i] != '\n') {
        line.write(bytes[i]);
      }
    }
  }

  private void passOn() {
    if (line.size() > 0) {
      consumer.accept(line.toString(StandardCharsets.UTF_8));
      line.reset();
    }
  }
}
