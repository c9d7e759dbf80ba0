// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.source.Archives.Format;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** An untrusted archive yields exactly its files or is rejected. */
class ArchiveTest {

  @TempDir private Path directory;
  private Path cache;

  @BeforeEach
  void reset() {
    FarFileSystem.reset();
    cache = directory.resolve("cache");
  }

  /** Files, directories and links must arrive complete, from local and remote archives. */
  @ParameterizedTest
  @EnumSource
  void archiveIsUnpackedIntoACacheEntry(Format format) throws IOException {
    byte[] weights = new byte[300_000];
    new Random(1).nextBytes(weights);
    format
        .to(directory)
        .directory("lib")
        .file("lib/weights.bin", weights)
        .file("./fraud.py", "pass")
        .link("lib/fraud.py", "../fraud.py")
        .link("all", "lib")
        .write();

    for (String scheme : new String[] {"", "far://"}) {
      Path model = fetch(scheme + directory.resolve(format.fileName));

      assertThat(model.getParent()).isEqualTo(cache.resolve("models"));
      assertThat(model.resolve("lib/weights.bin")).hasBinaryContent(weights);
      assertThat(model.resolve("all/fraud.py")).hasContent("pass");
      assertThat(Files.isSymbolicLink(model.resolve("all"))).isTrue();
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** {@code tar czf fraud.tar.gz fraud/} wraps the model in a directory. */
  @ParameterizedTest
  @EnumSource
  void singleTopLevelDirectoryIsTheModel(Format format) throws IOException {
    format.to(directory).file("fraud/fraud.py", "pass").link("fraud/a.py", "fraud.py").write();

    assertThat(fetch(format).resolve("a.py")).hasContent("pass");
  }

  /** The cache must not hold a model twice because its archive format differs. */
  @Test
  void archivesOfTheSameContentShareAnEntry() throws IOException {
    for (Format format : Format.values()) {
      format.to(directory).file("a/b.py", "pass").file("c.py", "pass").write();
    }
    Sources.write(directory.resolve("model/unlike.py"), 10, 1);

    assertThat(fetch(Format.ZIP)).isEqualTo(fetch(Format.TAR_GZ));
    assertThat(Sources.children(cache.resolve("models"))).hasSize(1);
  }

  /** An archive must not write outside the model or over another file. */
  @ParameterizedTest
  @CsvSource({
    "/tmp/evil, is absolute",
    "../evil, contains '..'",
    "a/../../evil, contains '..'",
    "C:/evil, drive letter",
    "FRAUD.py, only in case",
    "fraud.py, occurs twice",
    "fraud.py/evil, occurs twice"
  })
  void nameThatLeavesTheModelOrCollidesIsRejected(String name, String problem) throws IOException {
    for (Format format : Format.values()) {
      format.to(directory).file("fraud.py", "pass").file(name, "evil").write();

      assertRefused(format).hasMessageContaining(problem);
    }
  }

  /** A model could otherwise read files of the host. */
  @ParameterizedTest
  @CsvSource({
    "/etc/passwd, leaves the model's directory",
    "../../../outside, leaves the model's directory",
    "../outside/secret, does not exist",
    "nowhere, does not exist",
    "link, cannot be unpacked"
  })
  void linkThatLeavesTheModelIsRejected(String target, String problem) throws IOException {
    Path outside = cache.resolve("downloads/outside");
    Sources.write(outside, 10, 1);
    Sources.write(cache.resolve("outside/secret"), 10, 1);
    for (Format format : Format.values()) {
      format.to(directory).file("fraud.py", "pass").link("link", target).write();

      assertRefused(format).hasMessageContaining(problem);
    }
  }

  /** The link and the file are harmless alone, but together they write outside the model. */
  @Test
  void fileBelowALinkIsRejected() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    for (Format format : Format.values()) {
      format.to(directory).link("lib", outside.toString()).file("lib/evil.py", "evil").write();

      assertRefused(format);
      assertThat(outside).isEmptyDirectory();
    }
  }

  /** Files beside the model are not part of it. */
  @ParameterizedTest
  @EnumSource
  void linkToTheParentOfTheModelIsRejected(Format format) throws IOException {
    format.to(directory).file("fraud/fraud.py", "pass").link("fraud/up", "..").write();

    assertRefused(format).hasMessageContaining("leaves the model's directory");
  }

  /** The directory is renamed later, so a link through its old name would dangle. */
  @ParameterizedTest
  @EnumSource
  void linkThroughTheUnpackDirectoryIsResolved(Format format) throws IOException {
    format
        .to(directory)
        .file("a/b.py", "pass")
        .file("c.py", "pass")
        .link("a/d", "../../unpacked/c.py")
        .write();

    assertThat(fetch(format).resolve("a/d")).hasContent("pass");
  }

  /** A named pipe would block whoever reads the model. */
  @ParameterizedTest
  @EnumSource
  void specialFileIsRejected(Format format) throws IOException {
    format.to(directory).file("fraud.py", "pass").pipe("pipe").write();

    assertRefused(format).hasMessageContaining("'pipe'").hasMessageContaining("valid are files");
  }

  /** It could expose any file of the host. */
  @Test
  void hardLinkIsRejected() throws IOException {
    Archives.tarWithHardLink(
        directory.resolve("model.tar.gz"),
        "shadow",
        "/etc/shadow",
        tar -> tar.file("model.py", "pass"));

    assertRefused(Format.TAR_GZ).hasMessageContaining("'shadow' is a hard link");
  }

  /**
   * 50 MB of zeros are an archive of 50 KB, so the unpacked size must be limited while unpacking.
   */
  @ParameterizedTest
  @EnumSource
  void archiveBombIsStoppedAtTheCapacityOfTheCache(Format format) throws IOException {
    format.to(directory).file("zeros", new byte[50_000_000]).write();
    long most = 1_000_000;

    assertThatThrownBy(
            Sources.far(directory.resolve(format.fileName)).cachedIn(cache).atMost(most)::open)
        .hasMessageContaining("'model-cache-max-size'")
        .hasMessageContaining(most + " bytes");
    assertThat(FileTree.bytes(cache)).isLessThan(most);
  }

  /** The reader would keep a name of any length in memory. */
  @Test
  void longTarHeaderIsRejected() throws IOException {
    Archives.tar(directory.resolve("model.tar.gz")).file("a".repeat(5_000_000), "pass").write();

    assertRefused(Format.TAR_GZ).hasMessageContaining("header");
  }

  /** An incomplete upload must not become a model. */
  @ParameterizedTest
  @EnumSource
  void truncatedArchiveIsRejected(Format format) throws IOException {
    byte[] content = new byte[200_000];
    new Random(1).nextBytes(content);
    for (int missing : new int[] {1, 5_000, 150_000}) {
      Path archive = format.to(directory).file("weights.bin", content).write();
      Archives.truncate(archive, missing);

      assertRefused(format);
    }
  }

  /** A flipped bit in the weights would give wrong predictions silently. */
  @ParameterizedTest
  @EnumSource
  void damagedArchiveIsRejected(Format format) throws IOException {
    byte[] content = new byte[200_000];
    new Random(1).nextBytes(content);
    Path archive = format.to(directory).file("weights.bin", content).write();
    byte[] bytes = Files.readAllBytes(archive);
    bytes[100_000] ^= 1;
    Files.write(archive, bytes);

    assertRefused(format);
  }

  /** A download of an error page must not become a model. */
  @ParameterizedTest
  @EnumSource
  void fileOfAnotherFormatIsRejected(Format format) throws IOException {
    Files.write(directory.resolve(format.fileName), "<html>not found</html>".getBytes());

    assertRefused(format);
  }

  /** A compressed file need not be a tar archive. */
  @Test
  void gzipOfAnotherFormatIsRejected() throws IOException {
    Path archive = directory.resolve("model.tar.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
      out.write("no tar, but some text".repeat(100).getBytes(StandardCharsets.UTF_8));
    }

    assertRefused(Format.TAR_GZ);
  }

  /** The error is clearer here than a missing module in Python. */
  @ParameterizedTest
  @EnumSource
  void emptyArchiveIsRejected(Format format) throws IOException {
    format.to(directory).write();

    assertRefused(format).hasMessageContaining("no files");
  }

  /** Another copy may be valid, so the next attempt must read it again. */
  @Test
  void invalidArchiveIsNotKept() throws IOException {
    Path archive = Archives.tar(directory.resolve("model.tar.gz")).file("a.py", "pass").write();
    byte[] whole = Files.readAllBytes(archive);
    byte[] broken = whole.clone();
    broken[20] ^= 1;
    Files.write(archive, broken);
    long time = 1_000_000;
    Sources.setLastUsed(archive, time);
    assertRefused(Format.TAR_GZ);
    Files.write(archive, whole);
    Sources.setLastUsed(archive, time);

    assertThat(fetch("far://" + archive).resolve("a.py")).hasContent("pass");
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Format format)
      throws IOException {
    String uri = "far://" + directory.resolve(format.fileName);
    AbstractThrowableAssert<?, ? extends Throwable> refusal =
        assertThatThrownBy(Sources.at(uri).cachedIn(cache)::open)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("'model-directory-path' = '" + uri + "'")
            .hasMessageContaining("The archive cannot be unpacked");
    assertThat(Sources.children(cache.resolve("models"))).isEmpty();
    return refusal;
  }

  private Path fetch(Format format) throws IOException {
    return fetch("far://" + directory.resolve(format.fileName));
  }

  private Path fetch(String uri) throws IOException {
    return Sources.at(uri).cachedIn(cache).fetch();
  }
}
