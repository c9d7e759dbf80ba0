// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.flink.util.StringUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A job's requirements are installed once on a host, beside the packages of its Python. */
@EnabledIfSystemProperty(named = "python.executable", matches = ".+")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RequirementsInstallerTest {

  private static final String PYTHON = System.getProperty("python.executable");

  @TempDir private Path directory;
  private Path cache;
  private Path packages;

  @BeforeEach
  void createDirectories() throws IOException {
    cache = Files.createDirectory(directory.resolve("cache"));
    packages = Files.createDirectory(directory.resolve("packages"));
  }

  /** All subtasks of a job open their models at the same moment, and the next job has new code. */
  @Test
  void eachVersionOfThePackagesIsInstalledOnce() throws Exception {
    writeWheel("greeting", "1.0");
    Path requirements = requirements("greeting");
    Path installations = directory.resolve("installations.txt");
    String python = countingPython(installations);
    ExecutorService subtasks = Executors.newFixedThreadPool(3);
    try {
      List<Future<ModelDirectory>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(subtasks.submit(() -> install(requirements, python)));
      }
      for (Future<ModelDirectory> each : all) {
        try (ModelDirectory installed = each.get(60, TimeUnit.SECONDS)) {
          assertThat(Path.of(installed.path(), "greeting.py")).hasContent("VERSION = '1.0'");
        }
      }
    } finally {
      subtasks.shutdownNow();
    }
    assertThat(Files.readAllLines(installations)).hasSize(1);
    Sources.assertNothingIsLeftOf(cache);

    writeWheel("greeting", "1.1");
    try (ModelDirectory changed = install(requirements, python)) {
      assertThat(Path.of(changed.path(), "greeting.py")).hasContent("VERSION = '1.1'");
    }
  }

  /** A second copy of numpy could not be loaded into the same process. */
  @Test
  void onlyMissingPackagesAreInstalled() throws Exception {
    writeWheel("greeting", "1.0", "numpy");

    try (ModelDirectory installed = install(requirements("greeting"), PYTHON)) {
      assertThat(Path.of(installed.path(), "greeting.py")).exists();
      assertThat(Path.of(installed.path(), "numpy")).doesNotExist();
    }
    try (ModelDirectory installed = install(requirements("numpy"), PYTHON)) {
      assertThat(Path.of(installed.path())).isEmptyDirectory();
    }
  }

  /** What is installed must be what was resolved. */
  @Test
  void hashesOfTheFileAreRequired() throws Exception {
    writeWheel("greeting", "1.0");
    byte[] wheel = Files.readAllBytes(packages.resolve("greeting-1.0-py3-none-any.whl"));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(wheel);
    String hash = StringUtils.byteToHexString(digest);

    install(requirements("--require-hashes", "greeting==1.0 --hash=sha256:" + hash), PYTHON)
        .close();
  }

  /** Somebody must find the reason in the job's exception alone. */
  @Test
  void failureHasTheOutputOfPipAndNoPassword() throws Exception {
    assertThatThrownBy(() -> install(requirements("greeting", "numpy"), PYTHON))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'python.requirements' cannot be installed for '" + PYTHON + "'")
        .hasMessageContaining("No matching distribution found for greeting")
        .hasMessageEndingWith("set 'python.requirements' to 'requirements.txt#packages'.");

    assertThatThrownBy(() -> install(requirements("not one https://user:secret@host/"), PYTHON))
        .hasMessageContaining("not one https://****@host/")
        .hasMessageNotContaining("secret");

    assertThat(cache.resolve("models")).isEmptyDirectory();
  }

  /** A cancelled task must end soon, and leave no process behind. */
  @Test
  void interruptKillsPipAndWhatItHasStarted() throws Exception {
    Path pid = directory.resolve("pid");
    writeHangingSource(pid);
    ExecutorService task = Executors.newSingleThreadExecutor();
    try {
      Future<ModelDirectory> installed =
          task.submit(() -> install(requirements("hanging"), PYTHON));
      while (!Files.exists(pid)) {
        assertThat(installed.isDone()).isFalse();
        Thread.onSpinWait();
      }
      ProcessHandle builder = ProcessHandle.of(Long.parseLong(Files.readString(pid))).orElseThrow();

      task.shutdownNow();

      assertThatThrownBy(() -> installed.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedIOException.class);
      builder.onExit().get(30, TimeUnit.SECONDS);
    } finally {
      task.shutdownNow();
    }
    assertThat(cache.resolve("models")).isEmptyDirectory();
  }

  private ModelDirectory install(Path requirements, String python) throws IOException {
    ModelCache models = ModelCache.in(cache, Long.MAX_VALUE);
    return RequirementsInstaller.install(models, requirements, packages, python);
  }

  private Path requirements(String... lines) throws IOException {
    return Files.write(directory.resolve("requirements.txt"), List.of(lines));
  }

  /** A Python that writes a line for each installation. */
  private String countingPython(Path installations) throws IOException {
    Path python = directory.resolve("python");
    Files.writeString(
        python,
        String.format(
            "#!/bin/sh\n[ \"$3\" = install ] && echo >> '%s'\nexec '%s' \"$@\"\n",
            installations, PYTHON));
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
    return python.toString();
  }

  private void writeWheel(String name, String version, String... requires) throws IOException {
    String info = name + "-" + version + ".dist-info/";
    StringBuilder metadata = new StringBuilder("Metadata-Version: 2.1\n");
    metadata.append("Name: ").append(name).append("\nVersion: ").append(version).append('\n');
    for (String each : requires) {
      metadata.append("Requires-Dist: ").append(each).append('\n');
    }
    Map<String, String> files =
        Map.of(
            name + ".py",
            "VERSION = '" + version + "'",
            info + "METADATA",
            metadata.toString(),
            info + "WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            info + "RECORD",
            "");
    Path wheel = packages.resolve(name + "-" + version + "-py3-none-any.whl");
    writeZip(wheel, files);
  }

  /** A package whose build writes its process id and does not end. */
  private void writeHangingSource(Path pid) throws IOException {
    String build =
        String.format(
            "import os\nwith open('%s.new', 'w') as file:\n    file.write(str(os.getpid()))\n"
                + "os.rename('%s.new', '%s')\nwhile True: pass\n",
            pid, pid, pid);
    writeZip(
        packages.resolve("hanging-1.0.zip"),
        Map.of(
            "hanging-1.0/pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'build'\nbackend-path = ['.']\n",
            "hanging-1.0/build.py",
            build));
  }

  private static void writeZip(Path file, Map<String, String> files) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, String> each : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(each.getKey()));
        zip.write(each.getValue().getBytes());
        zip.closeEntry();
      }
    }
  }
}
