// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A SHA-256 over parts of which each is preceded by its length. */
final class Hash {

  private final MessageDigest digest;

  Hash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform supports SHA-256.", e);
    }
  }

  Hash add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return add(bytes.length).add(bytes, bytes.length);
  }

  Hash add(long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    return this;
  }

  /** Adds bytes; the caller has added their number. */
  Hash add(byte[] bytes, int length) {
    digest.update(bytes, 0, length);
    return this;
  }

  String hex() {
    StringBuilder hex = new StringBuilder();
    for (byte each : digest.digest()) {
      hex.append(String.format("%02x", each));
    }
    return hex.toString();
  }
}
