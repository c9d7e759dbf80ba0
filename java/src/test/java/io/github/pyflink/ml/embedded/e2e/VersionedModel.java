package io.github.pyflink.ml.embedded.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model directory whose versions tests put in place, of the classes of versions.py. */
final class VersionedModel {

  private static final String MODULE = "versions.py";

  private final Path directory;
  private final Path outside;

  /** Makes the directories below one of the test, with version 1 of the model. */
  VersionedModel(Path parent) throws IOException {
    directory = Files.createDirectories(parent.resolve("model"));
    outside = Files.createDirectories(parent.resolve("outside"));
    put(1);
    mend();
  }

  /** Returns the options of a model that looks for versions all the time. */
  Map<String, String> options() {
    return Map.of(
        "model-directory-path",
        directory.toString(),
        "model-cache-directory",
        outside.resolve("cache").toString(),
        "model-reload-interval",
        "1 ms",
        "properties.outside",
        outside.toString());
  }

  void put(int version) throws IOException {
    write("version.txt", String.valueOf(version));
  }

  /** Puts a version in place whose file says this instead of a number. */
  void putBroken(String version) throws IOException {
    write("version.txt", version);
  }

  /** Puts a module in place that Python cannot compile. */
  void breakModule() throws IOException {
    write(MODULE, "def open(:");
  }

  /** Puts the right module in place. */
  void mend() throws IOException {
    write(MODULE, Files.readString(Python.MODELS.resolve(MODULE)));
  }

  /** Takes the version's file away, which makes a version that cannot be opened. */
  void takeAway() throws IOException {
    Files.move(directory.resolve("version.txt"), outside.resolve("taken"));
  }

  /** Brings it back as it was. */
  void bringBack() throws IOException {
    Files.move(outside.resolve("taken"), directory.resolve("version.txt"));
  }

  /** Takes the directory away, as a file system does that cannot be reached. */
  void hide() throws IOException {
    Files.move(directory, hidden());
  }

  void unhide() throws IOException {
    Files.move(hidden(), directory);
  }

  /** Makes Python wait at a step, such as "open 2", until it is released. */
  void hold(String step) throws IOException {
    Files.createFile(outside.resolve(step));
  }

  void release(String step) throws IOException {
    Files.delete(outside.resolve(step));
  }

  void releaseAll() throws IOException {
    try (Stream<Path> files = Files.list(outside)) {
      for (Path file : files.filter(VersionedModel::isHeldStep).collect(Collectors.toList())) {
        Files.delete(file);
      }
    }
  }

  /** Returns what the functions did, such as "open 1", in this order. */
  List<String> steps() throws IOException {
    Path steps = outside.resolve("steps");
    return Files.exists(steps) ? Files.readAllLines(steps) : List.of();
  }

  /** Waits until a function has come to a step. */
  void await(String step) throws IOException, InterruptedException {
    while (!steps().contains(step)) {
      Thread.sleep(1);
    }
  }

  private static boolean isHeldStep(Path file) {
    return file.getFileName().toString().contains(" ");
  }

  private Path hidden() {
    return outside.resolve("hidden");
  }

  /** Nobody sees a file that is half written. */
  private void write(String name, String text) throws IOException {
    Path file = Files.writeString(outside.resolve(name), text);
    Files.move(file, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
