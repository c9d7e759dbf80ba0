// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** Messages on the standard streams of a worker: a length of 4 bytes, then JSON in UTF-8. */
final class Frames {

  private static final int MAX_BYTES = 1 << 28;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Frames() {}

  static void write(DataOutputStream out, JsonNode frame) throws IOException {
    byte[] bytes = frame.toString().getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
    out.flush();
  }

  /** Returns the next frame, or null at the end of the stream. */
  @Nullable
  static JsonNode read(DataInputStream in) throws IOException {
    int length;
    try {
      length = in.readInt();
    } catch (EOFException e) {
      return null;
    }
    if (length < 0 || length > MAX_BYTES) {
      throw new IOException("a frame has a length of " + length);
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return MAPPER.readTree(bytes);
  }
}
