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

/** Makes sources as the options of a model do, and models for them. */
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

  /** Fetched by the file system that counts. */
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

  /** Opens the model and closes it at once. Returns where it lay. */
  Path fetch() throws IOException {
    try (ModelDirectory directory = open()) {
      return Path.of(directory.path());
    }
  }

  /** Writes a file of these many random bytes, the same for the same seed. */
  static Path write(Path file, int bytes, long seed) throws IOException {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  /** Makes a directory look as if it was last used at another time. */
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
