package io.github.pyflink.ml.embedded.source;

/** What a fetch is known by in the cache: where from, and which version. */
final class Key {

  private static final int URI_DIGITS = 16;
  private static final int VERSION_DIGITS = 32;

  private final String source;
  private final String fingerprint;

  Key(String uri, String fingerprint) {
    this.source = new Hash().add(uri).hex().substring(0, URI_DIGITS) + "-";
    this.fingerprint = fingerprint;
  }

  /** Returns the name of files about it. */
  String name() {
    return source + fingerprint.substring(0, VERSION_DIGITS);
  }

  /** Whether the name is that of another version from the same place. */
  boolean isOutdated(String name) {
    return name.startsWith(source) && !name.equals(name());
  }

  String fingerprint() {
    return fingerprint;
  }
}
