package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which Python runs must be plain, and a wrong setting must say what was looked for and where. */
class PythonExecutableTest {

  @TempDir private Path directory;

  @Test
  void configured_path_is_taken_as_it_is() throws IOException {
    Path python = executable("python3.11");

    assertThat(PythonExecutable.find(python.toString(), "")).isEqualTo(python.toString());
  }

  @Test
  void configured_name_is_looked_up() throws IOException {
    Path python = executable("python3.11");

    assertThat(PythonExecutable.find("python3.11", "/nowhere:" + directory))
        .isEqualTo(python.toString());
  }

  @Test
  void python3_comes_before_python() throws IOException {
    executable("python");
    Path python3 = executable("python3");

    assertThat(PythonExecutable.find(null, directory.toString())).isEqualTo(python3.toString());
  }

  @Test
  void python_is_taken_where_there_is_no_python3() throws IOException {
    Path python = executable("python");

    assertThat(PythonExecutable.find(null, directory.toString())).isEqualTo(python.toString());
  }

  @Test
  void directory_and_plain_file_are_no_executables() throws IOException {
    Files.createDirectory(directory.resolve("python3"));
    Files.createFile(directory.resolve("python"));

    assertThatThrownBy(() -> PythonExecutable.find(null, directory.toString()))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("neither 'python3' nor 'python' is on this process's PATH")
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("'python.executable' is not set");
  }

  @Test
  void configured_path_that_does_not_exist_is_named() {
    assertThatThrownBy(() -> PythonExecutable.find("/nowhere/python3", "/usr/bin"))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining(
            "'python.executable' is '/nowhere/python3', which is not an executable file");
  }

  @Test
  void configured_name_that_is_not_found_is_named_with_the_path() {
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
