// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.cache.DistributedCache;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of Flink's Python options travel with the job and are unpacked once on a host. */
class DependenciesTest {

  @TempDir private Path directory;
  private Path cache;
  private Path module;
  private final Configuration job = new Configuration();

  @BeforeEach
  void write() throws IOException {
    cache = directory.resolve("cache");
    module = Files.writeString(directory.resolve("helper.py"), "x = 1");
  }

  /** Other files of the user stay, and a model that is planned twice adds its files once. */
  @Test
  void filesAreAddedToThoseOfTheJob() {
    job.set(PipelineOptions.CACHED_FILES, List.of("name:mine,path:/mine"));
    job.setString("python.files", module.toString());

    dependencies(Map.of());
    dependencies(Map.of());

    assertThat(cachedFiles()).hasSize(2).containsEntry("mine", "/mine").containsValue(module + "");
    // The name that PyFlink gives it, so that a UDF in the same job does not add it again.
    assertThat(cachedFiles().keySet()).anyMatch(name -> name.matches("python_file_[0-9a-f]{64}"));
  }

  /** Python imports from directories only, in the order of the options. */
  @Test
  void modulesComeFromFilesArchivesAndDirectories() throws IOException {
    Archives.zip(directory.resolve("more.zip")).file("pack/__init__.py", "y = 2").write();
    Archives.zip(directory.resolve("wheel.whl")).file("wheel.py", "z = 3").write();
    Path folder = directory.resolve("folder");
    Sources.write(folder.resolve("inner/deep.py"), 3, 1);
    job.setString("python.files", String.join(",", directory + "/more.zip", folder.toString()));
    String own = module + ", " + directory.resolve("wheel.whl");

    try (OpenDependencies opened = open(Map.of("python.files", own), null)) {
      List<Path> paths = opened.importPaths().stream().map(Path::of).collect(Collectors.toList());

      assertThat(paths).extracting(Path::getParent).containsOnly(cache.resolve("models"));
      assertThat(paths.get(0).resolve("helper.py")).hasContent("x = 1");
      assertThat(paths.get(1).resolve("wheel.py")).hasContent("z = 3");
      assertThat(paths.get(2).resolve("pack/__init__.py")).hasContent("y = 2");
      assertThat(paths.get(3).resolve("inner/deep.py")).exists();
      assertThat(opened.archives()).isNull();
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** Jobs that bring the same files share them, whatever else they bring. */
  @Test
  void equalContentIsUnpackedOnce() throws IOException {
    Archives.zip(directory.resolve("data.zip")).file("data/a.txt", "a").write();
    Path copy = Files.copy(directory.resolve("data.zip"), directory.resolve("other.zip"));
    String both = directory.resolve("data.zip") + "#one," + copy + "#two";

    try (OpenDependencies opened = open(Map.of("python.archives", both), null)) {
      Path archives = Path.of(opened.archives());

      // The only directory of an archive is not left out, as it is of a model.
      assertThat(archives.resolve("one/data/a.txt")).hasContent("a");
      assertThat(archives.resolve("two").toRealPath())
          .isEqualTo(archives.resolve("one").toRealPath());
    }
  }

  /** A job's archive of the same directory must not replace that of the model's author. */
  @Test
  void archiveOfTheModelComesFirst() throws IOException {
    Archives.zip(directory.resolve("own.zip")).file("a.txt", "own").write();
    Archives.zip(directory.resolve("job.zip")).file("a.txt", "job").write();
    job.setString("python.archives", directory + "/job.zip#data," + directory + "/job.zip");

    Map<String, String> own = Map.of("python.archives", directory + "/own.zip#data");
    try (OpenDependencies opened = open(own, null)) {
      assertThat(Path.of(opened.archives(), "data", "a.txt")).hasContent("own");
      assertThat(Path.of(opened.archives(), "job.zip", "a.txt")).hasContent("job");
    }
  }

  /** The path has neither the directory's name nor the other archives, which may change. */
  @Test
  void relativeExecutableIsInItsArchive() throws IOException {
    Archives.zip(directory.resolve("env.zip")).program("env/bin/python3", new byte[1]).write();
    job.setString("python.archives", directory + "/env.zip#venv");

    try (OpenDependencies opened = open(Map.of(), "venv/env/bin/python3")) {
      assertThat(Path.of(opened.executable()).toString())
          .isEqualTo(Path.of(opened.archives(), "venv").toRealPath() + "/env/bin/python3");
    }
    assertThatThrownBy(() -> open(Map.of(), "venv/bin/python3"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("env.zip' of the option 'python.archives' cannot be used")
        .hasMessageContaining("It has no executable file 'bin/python3'")
        .hasNoCause();
  }

  /** CPython reads its standard library as long as the JVM lives. */
  @Test
  void archiveOfTheRunningPythonIsNotReleased() throws IOException {
    Archives.zip(directory.resolve("env.zip")).program("bin/python3", new byte[1]).write();
    job.setString("python.archives", directory + "/env.zip#venv");

    for (int i = 0; i < 3; i++) {
      OpenDependencies opened = open(Map.of(), "venv/bin/python3");
      opened.keepExecutable();
      opened.close();
    }

    assertThat(Sources.children(cache.resolve("leases"))).hasSize(1);
  }

  /** A part of the program that lists the job's files may do so after the query was planned. */
  @Test
  void fileThatTheJobHasLostIsReported() {
    job.setString("python.files", module.toString());
    Dependencies dependencies = dependencies(Map.of());

    assertThatThrownBy(() -> dependencies.open(DependenciesTest::missing, null, null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("helper.py' of the option 'python.files' cannot be used")
        .hasMessageContaining("set 'pipeline.cached-files' instead of calling registerCachedFile");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "python.files | /nowhere/a.py | '/nowhere/a.py' of the option 'python.files' does not exist",
        "python.requirements | /nowhere/r.txt | 'python.requirements' does not exist on this host",
        "python.archives | /nowhere/a.zip | 'python.archives' does not exist on this host",
        "python.archives | /nowhere/a.rar | is not an archive. Valid are names that end with .zip",
        "python.archives | /nowhere/a.zip#.. | has no valid directory",
        "python.archives | far://u:secret@h/a.zip#x,far://h/a.zip#x | has the directory of an",
        "python.files | far:a.py | 'far:a.py' of the option 'python.files' is not a path or a URI",
      })
  void invalidValueIsRefused(String option, String value, String message) {
    job.setString(option, value);

    assertThatThrownBy(() -> dependencies(Map.of()))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("secret");
  }

  private Dependencies dependencies(Map<String, String> options) {
    Configuration model = Configuration.fromMap(options);
    model.setString("model-cache-directory", cache.toString());
    return Dependencies.of(model, job);
  }

  private OpenDependencies open(Map<String, String> options, String executable) throws IOException {
    Dependencies dependencies = dependencies(options);
    Map<String, String> files = cachedFiles();
    return dependencies.open(name -> new File(files.get(name)), executable, null);
  }

  private static File missing(String name) {
    throw new IllegalArgumentException("File with name '" + name + "' is not available.");
  }

  private Map<String, String> cachedFiles() {
    return DistributedCache.parseCachedFilesFromString(job.get(PipelineOptions.CACHED_FILES))
        .stream()
        .collect(Collectors.toMap(entry -> entry.f0, entry -> entry.f1.filePath));
  }
}
