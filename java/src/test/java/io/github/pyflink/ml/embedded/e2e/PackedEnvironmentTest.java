// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process runs in the environment that the model's options name. */
@NeedsPython
class PackedEnvironmentTest {

  private static final ResolvedSchema SURROUNDINGS =
      ResolvedSchema.of(
          Column.physical("process", DataTypes.BIGINT()),
          Column.physical("child", DataTypes.BIGINT()),
          Column.physical("shared", DataTypes.BIGINT()),
          Column.physical("mark", DataTypes.STRING()));

  @TempDir private Path directory;
  private final Workers workers = new Workers();

  @AfterEach
  void close() throws Exception {
    workers.close();
  }

  /** Nothing is installed on the TaskManager, and the files must stay while a process uses them. */
  @Test
  void workersRunInItAsLongAsTheModelIsOpen() throws Exception {
    Path archive = pack(Files.readString(packages()));
    PredictFunction function = open(archive);

    Path first = executable(function);
    Workers.kill();
    Path second = executable(function);

    assertThat(first).isEqualTo(second);
    assertThat(first.startsWith(directory.resolve("cache/models"))).isTrue();
    assertThat(leases()).hasSize(1);

    workers.close();
    assertThat(leases()).isEmpty();
  }

  /** The archive must change, not the copy of it in the cache. */
  @Test
  void environmentWithoutThePackageIsReported() throws Exception {
    Path archive = pack("");

    assertThatThrownBy(() -> open(archive))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("cannot import pyflink-ml-embedded")
        .hasMessageContaining("the environment '" + archive + "'")
        .hasMessageContaining("pack it again");
    assertThat(leases()).isEmpty();
  }

  /** It names the option, like all failures of the model's files. */
  @Test
  void archiveThatDoesNotExistIsReported() {
    Path archive = directory.resolve("gone.tar.gz");

    assertThatThrownBy(() -> open(archive))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("'python-environment' = '" + archive + "' cannot be used")
        .hasMessageContaining("There is no such directory or archive on this host");
  }

  private PredictFunction open(Path archive) throws Exception {
    return workers.open(
        "Process",
        SURROUNDINGS,
        "python-environment",
        archive.toString(),
        "model-cache-directory",
        directory.resolve("cache").toString());
  }

  /** Packs a venv that finds the packages in a .pth file. */
  private Path pack(String packages) throws Exception {
    Path venv = directory.resolve("venv");
    run(Python.executable(), "-m", "venv", "--without-pip", venv.toString());
    try (Stream<Path> files = Files.walk(venv)) {
      Path site = files.filter(path -> path.endsWith("site-packages")).findFirst().orElseThrow();
      Files.writeString(site.resolve("packages.pth"), packages);
    }
    Path archive = directory.resolve("venv.tar.gz");
    run("tar", "czf", archive.toString(), "-C", directory.toString(), "venv");
    return archive;
  }

  /** Returns a file with the path of the Python of the tests, a directory a line. */
  private Path packages() throws Exception {
    Path file = directory.resolve("packages");
    String code =
        "import pathlib, sys, pyflink_ml_embedded as package\n"
            + "paths = [str(pathlib.Path(package.__file__).parents[1]), *sys.path]\n"
            + "pathlib.Path(sys.argv[1]).write_text('\\n'.join(filter(None, paths)))";
    run(Python.executable(), "-c", code, file.toString());
    return file;
  }

  private static Path executable(PredictFunction function) throws IOException {
    long process = function.predict(GenericRowData.of(1.0)).iterator().next().getLong(0);
    String command = Files.readString(Path.of("/proc/" + process + "/cmdline"));
    return Path.of(command.substring(0, command.indexOf('\0')));
  }

  private List<Path> leases() throws IOException {
    try (Stream<Path> leases = Files.list(directory.resolve("cache/leases"))) {
      return leases.collect(Collectors.toList());
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
  }
}
