// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

/** Identifies a version of a model in the cache, by its URI and the fingerprint of its listing. */
final class CacheKey {

  private static final int URI_DIGITS = 16;
  private static final int VERSION_DIGITS = 32;

  private final String source;
  private final String fingerprint;

  CacheKey(String uri, String fingerprint) {
    this.source = new Hash().add(uri).hex().substring(0, URI_DIGITS) + "-";
    this.fingerprint = fingerprint;
  }

  /** Returns the name of its files in the cache. */
  String name() {
    return source + fingerprint.substring(0, VERSION_DIGITS);
  }

  /** Returns whether the name is that of another version from the same URI. */
  boolean isOutdated(String name) {
    return name.startsWith(source) && !name.equals(name());
  }

  String fingerprint() {
    return fingerprint;
  }
}
