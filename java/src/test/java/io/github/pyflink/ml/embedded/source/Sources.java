// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.configuration.Configuration;

/** Creates sources from the options of a model, and files for models. */
final class Sources {

  private final Map<String, String> options = new HashMap<>();

  private Sources(String location) {
    options.put("model-directory-path", location);
  }

  static Sources at(String location) {
    return new Sources(location);
  }

  static Sources at(Path location) {
    return new Sources(location.toString());
  }

  /** A source in the file system that counts its reads. */
  static Sources far(Path location) {
    return new Sources("far://" + location);
  }

  Sources cachedIn(Path cache) {
    options.put("model-cache-directory", cache.toString());
    return this;
  }

  Sources atMost(long bytes) {
    options.put("model-cache-max-size", bytes + "b");
    return this;
  }

  Sources watched() {
    options.put("model-reload-interval", "1 min");
    return this;
  }

  ModelSource source() {
    return ModelSource.of(Configuration.fromMap(options));
  }

  ModelDirectory open() throws IOException {
    return source().open();
  }

  /** Opens the model, closes it, and returns its directory. */
  Path fetch() throws IOException {
    try (ModelDirectory directory = open()) {
      return Path.of(directory.path());
    }
  }

  /** Writes a file of random bytes, which depend on the seed only. */
  static Path write(Path file, int bytes, long seed) throws IOException {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  /** Sets the time of a directory's last use. */
  static void setLastUsed(Path entry, long seconds) throws IOException {
    Files.setLastModifiedTime(entry, FileTime.fromMillis(seconds * 1000));
  }

  static List<Path> children(Path directory) throws IOException {
    return FileTree.children(directory);
  }

  static void assertNothingIsLeftOf(Path cache) throws IOException {
    assertThat(children(cache.resolve("downloads"))).isEmpty();
    assertThat(children(cache.resolve("leases"))).isEmpty();
    assertThat(children(cache.resolve("trash"))).isEmpty();
  }
}
