// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The choice of the executable is predictable, and errors say what was looked for and where. */
class PythonExecutableTest {

  @TempDir private Path directory;

  /** A path to a virtual environment must not be resolved or looked up. */
  @Test
  void configuredPathIsUsedAsItIs() throws IOException {
    Path python = executable("python3.11");

    assertThat(PythonExecutable.find(python.toString(), "")).isEqualTo(python.toString());
  }

  /** The same option may serve hosts with different paths. */
  @Test
  void configuredNameIsLookedUpOnThePath() throws IOException {
    Path python = executable("python3.11");

    assertThat(PythonExecutable.find("python3.11", "/nowhere:" + directory))
        .isEqualTo(python.toString());
  }

  /** On many hosts, python is still Python 2. */
  @Test
  void python3IsPreferredToPython() throws IOException {
    executable("python");
    Path python3 = executable("python3");

    assertThat(PythonExecutable.find(null, directory.toString())).isEqualTo(python3.toString());
  }

  /** Virtual environments and some images have only python. */
  @Test
  void pythonIsUsedIfThereIsNoPython3() throws IOException {
    Path python = executable("python");

    assertThat(PythonExecutable.find(null, directory.toString())).isEqualTo(python.toString());
  }

  /** The search must continue, and fail with what was looked for and where. */
  @Test
  void directoryAndPlainFileAreNotExecutables() throws IOException {
    Files.createDirectory(directory.resolve("python3"));
    Files.createFile(directory.resolve("python"));

    assertThatThrownBy(() -> PythonExecutable.find(null, directory.toString()))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("neither 'python3' nor 'python' is on this process's PATH")
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("'python.executable' is not set");
  }

  /** The message must show the wrong value of the option. */
  @Test
  void configuredPathThatDoesNotExistIsReported() {
    assertThatThrownBy(() -> PythonExecutable.find("/nowhere/python3", "/usr/bin"))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining(
            "'python.executable' is '/nowhere/python3', which is not an executable file");
  }

  /** The file exists where a shell looks for it. */
  @Test
  void tildeIsExplained() {
    assertThatThrownBy(() -> PythonExecutable.find("~/venv/bin/python", "/usr/bin"))
        .hasMessageContaining("file on this host; '~' is expanded by a shell only. Set it");
  }

  /** The PATH of a TaskManager often differs from the user's. */
  @Test
  void configuredNameThatIsNotFoundIsReportedWithThePath() {
    assertThatThrownBy(() -> PythonExecutable.find("python3.99", "/nowhere"))
        .hasMessageContaining("'python3.99', which is not an executable on this process's PATH")
        .hasMessageContaining("(/nowhere)");
  }

  private Path executable(String name) throws IOException {
    Path file = Files.createFile(directory.resolve(name));
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }
}
