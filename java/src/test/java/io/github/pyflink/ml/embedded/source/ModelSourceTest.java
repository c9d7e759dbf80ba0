// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The value of 'model-directory-path' decides where files come from and who reports errors. */
class ModelSourceTest {

  @TempDir private Path directory;
  private Path model;
  private Path cache;

  @BeforeEach
  void makeModel() throws IOException {
    FarFileSystem.reset();
    model = directory.resolve("model of mine");
    cache = directory.resolve("cache");
    Sources.write(model.resolve("fraud.py"), 10, 1);
    Sources.write(model.resolve("lib/weights.bin"), 1000, 2);
  }

  /** A local model must not cost a copy. */
  @Test
  void localDirectoryIsUsedInPlace() throws IOException {
    try (ModelDirectory opened = Sources.at(model).cachedIn(cache).open()) {
      assertThat(opened.path()).isEqualTo(model.toString());
    }
    assertThat(cache).doesNotExist();
  }

  /** A file URI is only another spelling of a path. */
  @Test
  void fileUriIsUsedInPlace() throws IOException {
    for (String uri : new String[] {"file://" + model, "file:" + model}) {
      try (ModelDirectory opened = Sources.at(uri).cachedIn(cache).open()) {
        assertThat(opened.path()).isEqualTo(model.toString());
      }
    }
  }

  /** Jobs share a loaded model by its version, and importing writes bytecode. */
  @Test
  void versionInPlaceChangesWithFilesButNotWithBytecode() throws IOException {
    String before = Sources.at(model).open().version();

    Sources.write(model.resolve("lib/__pycache__/a.pyc"), 10, 3);
    assertThat(Sources.at(model).open().version()).isEqualTo(before);

    Sources.write(model.resolve("lib/more.py"), 10, 4);
    assertThat(Sources.at(model).open().version()).isNotEqualTo(before);
  }

  /** The user's own directory may have cycles of links or dangling links. */
  @Test
  void linksInALocalDirectoryAreAllowed() throws IOException {
    Files.createSymbolicLink(model.resolve("loop"), model);
    Files.createSymbolicLink(model.resolve("dangling"), Path.of("nowhere"));

    assertThat(Sources.at(model).open().path()).isEqualTo(model.toString());
  }

  /** The entry has all files of the model, without caches of bytecode. */
  @Test
  void remoteDirectoryIsFetched() throws IOException {
    Sources.write(model.resolve("__pycache__/fraud.pyc"), 10, 3);

    try (ModelDirectory opened = Sources.far(model).cachedIn(cache).open()) {
      Path path = Path.of(opened.path());
      assertThat(path.getParent()).isEqualTo(cache.resolve("models"));
      assertThat(path).hasFileName(opened.version());
      assertThat(path.resolve("fraud.py")).hasSameBinaryContentAs(model.resolve("fraud.py"));
      assertThat(path.resolve("lib/weights.bin"))
          .hasSameBinaryContentAs(model.resolve("lib/weights.bin"));
      assertThat(path.resolve("__pycache__")).doesNotExist();
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** Flink ships it from the client to the TaskManagers. */
  @Test
  void sourceIsSerializable() throws Exception {
    ModelSource source = InstantiationUtil.clone(Sources.far(model).cachedIn(cache).source());

    try (ModelDirectory opened = source.open()) {
      assertThat(Path.of(opened.path(), "fraud.py")).exists();
    }
  }

  /** A value that cannot work on any TaskManager should fail on the client. */
  @ParameterizedTest
  @ValueSource(strings = {" ", "s3:bucket/model", "file://host/model", "~/model", "~user/model"})
  void invalidLocationIsRejectedAtPlanning(String value) {
    assertThatThrownBy(() -> Sources.at(value).source())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'model-directory-path'")
        .hasMessageContaining(value);
  }

  /** The working directory of a TaskManager is arbitrary. */
  @ParameterizedTest
  @ValueSource(strings = {"", "cache", "file:///cache"})
  void relativeCacheDirectoryIsRejectedAtPlanning(String value) {
    assertThatThrownBy(() -> Sources.far(model).cachedIn(Path.of(value)).source())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'model-cache-directory'");
  }

  /**
   * A client may lack the plugin that the TaskManagers have, and the message must not print
   * credentials.
   */
  @Test
  void schemeWithoutFileSystemIsRejectedAtOpen() {
    ModelSource source = Sources.at("s3://key:secret@bucket/model").cachedIn(cache).source();

    assertThatThrownBy(source::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'model-directory-path' = 's3://***@bucket/model'")
        .hasMessageContaining("plugins/")
        .hasMessageContaining("flink-s3-fs")
        .hasMessageNotContaining("secret");
  }

  /** The message shows the value of the option. */
  @Test
  void missingModelIsReported() {
    Path missing = directory.resolve("missing.zip");

    assertThatThrownBy(Sources.at(missing).cachedIn(cache)::open)
        .hasMessageContaining("'model-directory-path' = '" + missing + "'")
        .hasMessageContaining("no such directory or archive on this host");
    assertThatThrownBy(Sources.far(missing).cachedIn(cache)::open)
        .hasMessageContaining("far://" + missing)
        .hasMessageContaining("no such directory or archive");
  }

  /** Its name shows that before anything is read. */
  @Test
  void fileThatIsNotAnArchiveIsRejected() {
    assertThatThrownBy(Sources.far(model.resolve("fraud.py")).cachedIn(cache)::open)
        .hasMessageContaining(".zip, .tar.gz or .tgz");
    assertThat(FarFileSystem.BYTES_READ).hasValue(0);
  }

  /** Object stores show a mistyped prefix as an empty directory. */
  @Test
  void emptyDirectoryIsRejected() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));

    assertThatThrownBy(Sources.far(empty).cachedIn(cache)::open)
        .hasMessageContaining("contains no files");
  }

  /** Two names that differ only in case would overwrite each other on some file systems. */
  @Test
  void remoteNamesAreCheckedBeforeTheFetch() throws IOException {
    Sources.write(model.resolve("Fraud.py"), 10, 3);

    assertThatThrownBy(Sources.far(model).cachedIn(cache)::open)
        .hasMessageContaining("differs only in case");
    assertThat(FarFileSystem.BYTES_READ).hasValue(0);
  }

  /** Only MLflow's client can resolve them. */
  @Test
  void mlflowUrisAreLeftToPython() throws IOException {
    for (String uri : new String[] {"models:/fraud/3", "runs:/0123/model"}) {
      ModelSource source = Sources.at(uri).cachedIn(cache).source();

      try (ModelDirectory opened = source.open()) {
        assertThat(opened.isForMlflow()).isTrue();
        assertThat(Path.of(opened.path())).isDirectory().startsWith(cache);
        assertThat(opened.version()).isEqualTo(uri);
        assertThat(source.openIfNewer(opened)).isEmpty();
      }
    }
  }

  /** Java cannot list them, so a reload interval would have no effect. */
  @Test
  void mlflowUrisCannotBeWatched() {
    assertThatThrownBy(() -> Sources.at("models:/fraud/3").watched().source())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'model-reload-interval'")
        .hasMessageContaining("models:/fraud/3");
  }

  /** A write to the directory must not change the version that is in use. */
  @Test
  void watchedLocalDirectoryIsCopied() throws IOException {
    ModelSource source = Sources.at(model).cachedIn(cache).watched().source();

    try (ModelDirectory old = source.open()) {
      assertThat(source.openIfNewer(old)).isEmpty();

      byte[] before = Files.readAllBytes(model.resolve("fraud.py"));
      Sources.write(model.resolve("fraud.py"), 20, 5);
      try (ModelDirectory newest = source.openIfNewer(old).orElseThrow()) {
        assertThat(newest.version()).isNotEqualTo(old.version());
        assertThat(Path.of(old.path(), "fraud.py")).hasBinaryContent(before);
        assertThat(Path.of(newest.path(), "fraud.py"))
            .hasSameBinaryContentAs(model.resolve("fraud.py"));
        assertThat(source.openIfNewer(newest)).isEmpty();
      }
    }
  }

  /** The check is repeated every few seconds. */
  @Test
  void unchangedModelCostsOneListing() throws IOException {
    ModelSource source = Sources.far(model).cachedIn(cache).watched().source();
    try (ModelDirectory current = source.open()) {
      FarFileSystem.reset();

      assertThat(source.openIfNewer(current)).isEmpty();

      assertThat(FarFileSystem.BYTES_READ).hasValue(0);
      assertThat(FarFileSystem.LISTINGS).hasValue(2); // the directory and lib/
    }
  }

  /** A copy tool may write the same files again. */
  @Test
  void sameFilesWrittenAgainAreNotANewVersion() throws IOException {
    ModelSource source = Sources.far(model).cachedIn(cache).watched().source();
    try (ModelDirectory current = source.open()) {
      Sources.setLastUsed(model.resolve("fraud.py"), 1_000_000);

      assertThat(source.openIfNewer(current)).isEmpty();
      assertThat(Sources.children(cache.resolve("models"))).hasSize(1);
      assertThat(Sources.children(cache.resolve("index"))).hasSize(1);
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** The old version stays readable while the new one is opened. */
  @Test
  void newVersionOfAnArchiveIsFound() throws IOException {
    Path archive = directory.resolve("model.zip");
    Archives.zip(archive).file("fraud.py", "old").write();
    ModelSource source = Sources.at(archive).cachedIn(cache).watched().source();

    try (ModelDirectory old = source.open()) {
      Archives.zip(archive).file("fraud.py", "newer").write();
      try (ModelDirectory newest = source.openIfNewer(old).orElseThrow()) {
        assertThat(Path.of(old.path(), "fraud.py")).hasContent("old");
        assertThat(Path.of(newest.path(), "fraud.py")).hasContent("newer");
      }
    }
  }
}
