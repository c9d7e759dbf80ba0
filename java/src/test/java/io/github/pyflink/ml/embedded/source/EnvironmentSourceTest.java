// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.source.Archives.Format;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A packed environment yields a Python that starts here, or an error that says what is missing. */
class EnvironmentSourceTest {

  private static final byte[] STARTS = script("exit 0");
  private static final int MACHINE = 18;

  @TempDir private Path directory;
  private Path cache;

  @BeforeEach
  void reset() {
    FarFileSystem.reset();
    cache = directory.resolve("cache");
  }

  /** This is how most users would pack one. */
  @ParameterizedTest
  @ValueSource(strings = {"", "far://"})
  @EnabledIfSystemProperty(named = "python.executable", matches = ".+")
  void venvInATarRunsFromTheCache(String scheme) throws Exception {
    Path venv = venv();
    Path module = module(venv);
    run("tar", "czf", directory.resolve("venv.tar.gz").toString(), "-C", directory + "", "venv");

    try (EnvironmentDirectory environment = open(scheme + directory.resolve("venv.tar.gz"))) {
      Path prefix = Paths.get(run(environment.executable(), "-c", "import sys; print(sys.prefix)"));

      assertThat(prefix.getParent()).isEqualTo(cache.resolve("models"));
      assertThat(Files.isSymbolicLink(prefix.resolve("bin/python"))).isTrue();
      // Bytecode is compiled again where its module has another time.
      assertThat(modified(prefix.resolve(venv.relativize(module)))).isEqualTo(modified(module));
      assertThat(run(environment.executable(), "-c", "import packed; print(packed.answer)"))
          .isEqualTo("42");
    }
  }

  /** It need not be packed where every TaskManager has it. */
  @Test
  @EnabledIfSystemProperty(named = "python.executable", matches = ".+")
  void localVenvIsUsedInPlace() throws Exception {
    Path venv = venv();

    try (EnvironmentDirectory environment = open(venv.toString())) {
      assertThat(environment.executable()).isEqualTo(venv.resolve("bin/python").toString());
    }
    assertThat(cache).doesNotExist();
  }

  /** venv-pack and conda-pack put the files at the top, {@code tar} into a directory. */
  @ParameterizedTest
  @EnumSource
  void programsLinksAndNamesThatDifferInCaseAreUnpacked(Format format) throws IOException {
    for (String top : new String[] {"", "env/"}) {
      format
          .to(directory)
          .program(top + "bin/python3", STARTS)
          .link(top + "bin/python", "python3")
          .link(top + "bin/python3.99", "/nowhere/bin/python3.99")
          .link(top + "lib64", "lib")
          .link(top + "lib/gone", "not/packed")
          .link(top + "lib/also-gone", "gone")
          .file(top + "lib/terminfo/N", "upper")
          .file(top + "lib/terminfo/n", "lower")
          .write();

      try (EnvironmentDirectory environment = open("far://" + archive(format))) {
        Path root = Paths.get(environment.executable()).getParent().getParent();

        assertThat(root.resolve("lib64/terminfo/n")).hasContent("lower");
        assertThat(root.resolve("lib/terminfo/N")).hasContent("upper");
        assertThat(Files.isExecutable(root.resolve("bin/python3"))).isTrue();
        assertThat(Sources.children(root.resolve("lib"))).hasSize(1);
      }
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** venv-pack writes {@code pyvenv.cfg} twice. */
  @ParameterizedTest
  @EnumSource
  void lastFileOfANameCounts(Format format) throws IOException {
    format
        .to(directory)
        .program("bin/python", STARTS)
        .file("pyvenv.cfg", "home = /opt/gone/bin")
        .file("pyvenv.cfg", "home = /")
        .write();

    open(archive(format).toString()).close();
  }

  /** Packages of conda have files with several names. */
  @Test
  void hardLinkToAFileOfTheArchiveIsUnpacked() throws IOException {
    Archives.tarWithHardLink(
        archive(Format.TAR_GZ),
        "bin/same",
        "./bin/python",
        tar -> tar.program("bin/python", STARTS).file("lib/a", ""));

    try (EnvironmentDirectory environment = open(archive(Format.TAR_GZ).toString())) {
      assertThat(Paths.get(environment.executable()).resolveSibling("same")).isExecutable();
    }
  }

  /** It could expose any file of the host. */
  @ParameterizedTest
  @ValueSource(strings = {"etc/shadow", "../../leases", "bin"})
  void hardLinkToAnythingElseIsRefused(String target) throws IOException {
    Archives.tarWithHardLink(
        archive(Format.TAR_GZ),
        "shadow",
        target,
        tar -> tar.program("bin/python", STARTS).file("lib/a", ""));

    assertRefused(Format.TAR_GZ, "is not allowed");
  }

  /** Only the interpreter is expected on the host. */
  @ParameterizedTest
  @CsvSource({
    "lib/passwd, /etc/passwd, leaves the environment's directory",
    "bin/python3, /etc/passwd, leaves the environment's directory",
    "bin/pip, /usr/bin/python3, leaves the environment's directory",
    "lib/up, ../../../leases, leaves the environment's directory",
    "lib/itself, itself, points to itself"
  })
  void linkThatLeavesTheEnvironmentIsRefused(String name, String target, String problem)
      throws IOException {
    for (Format format : Format.values()) {
      format
          .to(directory)
          .program("bin/python", STARTS)
          .file("lib/a", "")
          .link(name, target)
          .write();

      assertRefused(format, problem);
    }
  }

  /** Programs would otherwise be written outside of the cache. */
  @ParameterizedTest
  @ValueSource(strings = {"../evil", "/tmp/evil", "bin/python/evil", "bin"})
  void nameThatLeavesTheEnvironmentOrCollidesIsRefused(String name) throws IOException {
    for (Format format : Format.values()) {
      format
          .to(directory)
          .program("bin/python", STARTS)
          .file("lib/a", "")
          .program(name, STARTS)
          .write();

      assertRefused(format, "is not allowed");
    }
  }

  /** An archive of something else is a likely mistake. */
  @ParameterizedTest
  @EnumSource
  void archiveWithoutPythonIsRefused(Format format) throws IOException {
    format.to(directory).file("model.py", "pass").write();

    assertRefused(format, "It has no file 'bin/python'. Valid is a venv");
  }

  /** The user's next archive has the same content and must not find this one in the cache. */
  @ParameterizedTest
  @EnumSource
  void pythonThatIsNotExecutableIsRefused(Format format) throws IOException {
    format.to(directory).file("bin/python", STARTS).file("lib/a", "").write();

    assertRefused(format, "'bin/python' is not executable. Pack it by a tool that keeps");

    format.to(directory).program("bin/python", STARTS).file("lib/a", "").write();
    Files.setLastModifiedTime(archive(format), FileTime.fromMillis(0));
    open("far://" + archive(format)).close();
  }

  /** A venv does not contain its interpreter. */
  @ParameterizedTest
  @EnumSource
  void missingBaseInterpreterIsNamed(Format format) throws IOException {
    format
        .to(directory)
        .link("bin/python", "python3")
        .link("bin/python3", "/opt/gone/bin/python3.11")
        .file("pyvenv.cfg", "home = /opt/gone/bin\n")
        .write();
    assertRefused(
        format,
        "Its base interpreter '/opt/gone/bin/python3.11' does not exist on this host. Install that"
            + " Python there on every TaskManager, or pack");

    format
        .to(directory)
        .program("bin/python", STARTS)
        .file("lib/a", "")
        .file("pyvenv.cfg", "version = 3.11\nhome = /opt/gone/bin\r\n")
        .write();
    assertRefused(format, "Its base interpreter is in '/opt/gone/bin', as its pyvenv.cfg says");
  }

  /** Java would run it as a shell script. */
  @Test
  void pythonOfAnotherArchitectureIsRefused() throws IOException {
    byte[] program = Files.readAllBytes(Paths.get("/proc/self/exe"));
    program[MACHINE] ^= (byte) (0x3e ^ 0xb7); // x86-64 and aarch64
    Archives.tar(archive(Format.TAR_GZ)).program("bin/python", program).file("lib/a", "").write();
    assertRefused(Format.TAR_GZ, "Pack it on a host of this architecture");

    Archives.tar(archive(Format.TAR_GZ))
        .program("bin/python", new byte[] {1, 2, 3})
        .file("lib/a", "")
        .write();
    assertRefused(Format.TAR_GZ, "'bin/python' is not a program for Linux");
  }

  /** The loader of the operating system says which library is missing. */
  @Test
  void outputOfAPythonThatDoesNotStartIsShown() throws IOException {
    byte[] program = script("echo libpython3.11.so.1.0: cannot open >&2; exit 127");
    Archives.tar(archive(Format.TAR_GZ)).program("bin/python", program).file("lib/a", "").write();

    assertRefused(Format.TAR_GZ, "exit code 127 and printed:\nlibpython3.11.so.1.0: cannot open");
  }

  /** A worker runs in it. */
  @Test
  void environmentIsKeptInTheCacheAsLongAsItIsOpen() throws IOException {
    Archives.tar(archive(Format.TAR_GZ)).program("bin/python", STARTS).file("lib/a", "").write();
    Path model = Sources.write(directory.resolve("model/weights.bin"), 3_000, 1).getParent();
    EnvironmentDirectory environment = open(archive(Format.TAR_GZ).toString());
    Path python = Paths.get(environment.executable());
    Sources small = Sources.far(model).cachedIn(cache).atMost(3_000);

    assertThatThrownBy(small::open).hasMessageContaining("'model-cache-max-size'");
    assertThat(python).exists();

    environment.close();
    small.open().close();
    assertThat(python).doesNotExist();
  }

  /** An object store has no links. */
  @Test
  void directoryOfARemoteFileSystemIsRefused() throws IOException {
    Sources.write(directory.resolve("env/bin/python"), 10, 1);

    assertThatThrownBy(() -> open("far://" + directory.resolve("env")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'python-environment' = 'far://")
        .hasMessageContaining("Pack it");
  }

  /** The query is not planned, so the user sees it at once. */
  @ParameterizedTest
  @CsvSource({"' ', is blank", "~/venv, begins with '~'", "models:/fraud/1, for MLflow's client"})
  void badOptionIsRefused(String value, String problem) {
    assertThatThrownBy(() -> source(value))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("of the option 'python-environment'")
        .hasMessageContaining(problem)
        .hasMessageContaining("Valid are a path or a URI of an archive");
  }

  /** Most models have none. */
  @Test
  void optionMayBeMissing() {
    assertThat(EnvironmentSource.of(new Configuration())).isEmpty();
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      Format format, String problem) throws IOException {
    String uri = "far://" + archive(format);
    AbstractThrowableAssert<?, ? extends Throwable> refusal =
        assertThatThrownBy(() -> open(uri))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("'python-environment' = '" + uri + "' cannot be used: ")
            .hasMessageContaining(problem);
    assertThat(Sources.children(cache.resolve("leases"))).isEmpty();
    return refusal;
  }

  private EnvironmentDirectory open(String location) throws IOException {
    return source(location).open();
  }

  private EnvironmentSource source(String location) {
    Map<String, String> options =
        Map.of("python-environment", location, "model-cache-directory", cache.toString());
    return EnvironmentSource.of(Configuration.fromMap(options)).orElseThrow();
  }

  private Path archive(Format format) {
    return directory.resolve(format.fileName);
  }

  private Path venv() throws Exception {
    Path venv = directory.resolve("venv");
    run(System.getProperty("python.executable"), "-m", "venv", "--without-pip", venv.toString());
    return venv;
  }

  /** Adds a module that is older than the archive. */
  private static Path module(Path venv) throws Exception {
    Path module =
        Paths.get(
            run(
                venv.resolve("bin/python").toString(),
                "-c",
                "import sysconfig; print(sysconfig.get_path('purelib') + '/packed.py')"));
    Files.writeString(module, "answer = 42");
    Files.setLastModifiedTime(module, FileTime.fromMillis(1_600_000_000_000L));
    return module;
  }

  private static FileTime modified(Path file) throws IOException {
    return Files.getLastModifiedTime(file);
  }

  private static byte[] script(String command) {
    return ("#!/bin/sh\n" + command + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes()).strip();
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
