// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model directory with the classes of versions.py, whose version a test changes. */
final class VersionedModel {

  private static final String MODULE = "versions.py";

  private final Path directory;
  private final Path outside;

  /** Creates the directories in one of the test, with version 1 of the model. */
  VersionedModel(Path parent) throws IOException {
    directory = Files.createDirectories(parent.resolve("model"));
    outside = Files.createDirectories(parent.resolve("outside"));
    put(1);
    mend();
  }

  /** Returns the options of a model that checks for versions continuously. */
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

  /** Installs a version whose file holds this text instead of a number. */
  void putBroken(String version) throws IOException {
    write("version.txt", version);
  }

  /** Installs a module that Python cannot compile. */
  void breakModule() throws IOException {
    write(MODULE, "def open(:");
  }

  /** Installs the valid module. */
  void mend() throws IOException {
    write(MODULE, Files.readString(Python.MODELS.resolve(MODULE)));
  }

  /** Removes the version's file, which makes a version that cannot be opened. */
  void takeAway() throws IOException {
    Files.move(directory.resolve("version.txt"), outside.resolve("taken"));
  }

  /** Restores the version's file unchanged. */
  void bringBack() throws IOException {
    Files.move(outside.resolve("taken"), directory.resolve("version.txt"));
  }

  /** Moves the directory away, like an unreachable file system. */
  void hide() throws IOException {
    Files.move(directory, hidden());
  }

  void unhide() throws IOException {
    Files.move(hidden(), directory);
  }

  /** Makes Python wait at a step, such as "open 2", until {@link #release}. */
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

  /** Returns the steps of all functions so far, such as "open 1". */
  List<String> steps() throws IOException {
    Path steps = outside.resolve("steps");
    return Files.exists(steps) ? Files.readAllLines(steps) : List.of();
  }

  /** Waits until a function has reached a step. */
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

  /** Writes a file atomically. */
  private void write(String name, String text) throws IOException {
    Path file = Files.writeString(outside.resolve(name), text);
    Files.move(file, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
