// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Python that cannot run here is refused before it is loaded, with all problems. */
class PythonEnvironmentTest {

  private static final String GOOD =
      "{\"version\": [3, 11, 7], \"executable\": \"/venv/bin/python\","
          + " \"libpython\": \"/usr/lib/libpython3.11.so\", \"problems\": []}";

  /** A job must open where the probe has found nothing. */
  @Test
  void pythonWithoutProblemsIsAccepted() {
    assertThatCode(environment(GOOD)::verify).doesNotThrowAnyException();
  }

  /** The probe is given this version, and compares it with the package's. */
  @Test
  void jarHasTheVersionOfTheProject() {
    assertThat(Version.OF_JAR).matches("\\d+\\.\\d+\\.\\d+");
  }

  /** A user who sees one problem at a time restarts the job for each. */
  @Test
  void allProblemsAreNamedWithTheirRemedies() {
    String problems =
        "[{\"subject\": \"a\", \"text\": \"A is missing\", \"remedy\": \"Install A.\"},"
            + " {\"subject\": \"b\", \"text\": \"B is old\", \"remedy\": \"Run: update B\"}]";

    assertThatThrownBy(environment(GOOD.replace("[]", problems))::verify)
        .isInstanceOf(PythonException.class)
        .hasMessageStartingWith("Python 3.11.7 at '/venv/bin/python' cannot run in this JVM:")
        .hasMessageContaining("\n- A is missing. Install A.\n- B is old. Run: update B\n")
        .hasMessageContaining("'python.executable'");
  }

  /** The embedded Python is started with both. */
  @Test
  void modeAndVariablesAreThoseOfTheExecutable() {
    PythonEnvironment environment =
        environment(
            "{\"settings\": {\"sys.flags.utf8_mode\": 1},"
                + " \"environment\": {\"LC_CTYPE\": \"C.UTF-8\", \"PYTHONUTF8\": \"1\"}}");

    assertThat(environment.utf8Mode()).isTrue();
    assertThat(environment(GOOD).utf8Mode()).isFalse();
    assertThat(environment.variables())
        .containsExactly(entry("LC_CTYPE", "C.UTF-8"), entry("PYTHONUTF8", "1"));
  }

  /** Another program may print JSON too. */
  @Test
  void otherJsonIsNotADescription() {
    assertThat(PythonEnvironment.parse("[3, 11]", "")).isEmpty();
  }

  /** A description of what has changed since must not be used again. */
  @Test
  void editedOrMissingFileChangesTheEnvironment(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("sitecustomize.py"), "first");
    Path absent = directory.resolve("pyvenv.cfg");
    long millis = Files.getLastModifiedTime(file).toMillis();
    PythonEnvironment environment =
        environment(
            String.format(
                "{\"files\": {\"%s\": \"%d 5\", \"%s\": \"missing\"}}", file, millis, absent));
    assertThat(environment.isUnchanged()).isTrue();

    Files.setLastModifiedTime(file, FileTime.fromMillis(millis + 1));
    assertThat(environment.isUnchanged()).isFalse();

    Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
    assertThat(environment.isUnchanged()).isTrue();
    Files.createFile(absent);
    assertThat(environment.isUnchanged()).isFalse();
  }

  /** Python escapes bytes of names that are not text, which no path of Java can have. */
  @Test
  void nameThatIsNotTextIsNotKnownToBeUnchanged() {
    String files = "{\"files\": {\"/venv/\\udce9/pyvenv.cfg\": \"missing\"}}";

    assertThat(environment(files).isUnchanged()).isFalse();
  }

  /** The probe lists no files where there are too many to check. */
  @Test
  void environmentWithoutFilesIsNotKnownToBeUnchanged() {
    assertThat(environment(GOOD).isUnchanged()).isFalse();
  }

  private static PythonEnvironment environment(String json) {
    return PythonEnvironment.parse(json, "").orElseThrow();
  }
}
