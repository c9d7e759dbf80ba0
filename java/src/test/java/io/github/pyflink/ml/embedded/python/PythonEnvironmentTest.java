package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Every problem that is found before Python is loaded is reported with its remedy. */
class PythonEnvironmentTest {

  private static final String GOOD =
      "{\"version\": [3, 11, 7], \"executable\": \"/venv/bin/python\","
          + " \"libpython\": \"/usr/lib/libpython3.11.so\", \"pemja\": \"0.5.7\", \"package\": \""
          + Version.OF_JAR
          + "\"}";

  /** The checks must not reject an environment that works. */
  @Test
  void completePythonIsAccepted() {
    assertThatCode(environment(GOOD)::verify).doesNotThrowAnyException();
  }

  /** An unfiltered resource would make every Python package look outdated. */
  @Test
  void jarHasTheVersionOfTheProject() {
    assertThat(Version.OF_JAR).matches("\\d+\\.\\d+\\.\\d+");
  }

  /** PyFlink does not run on other versions, and the error names those that work. */
  @Test
  void unsupportedPythonVersionIsRejected() {
    assertThatThrownBy(environment(GOOD.replace("[3, 11, 7]", "[3, 13, 0]"))::verify)
        .isInstanceOf(PythonException.class)
        .hasMessageStartingWith("Python 3.13.0 at '/venv/bin/python' cannot run in this JVM:")
        .hasMessageContaining("3.10, 3.11 or 3.12");
  }

  /** A Python without libpython cannot be embedded. */
  @Test
  void staticBuildIsRejectedWithTheRemedy() {
    assertThatThrownBy(environment(GOOD.replace("\"/usr/lib/libpython3.11.so\"", "null"))::verify)
        .hasMessageContaining("libpython3.11")
        .hasMessageContaining("PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.11");
  }

  /** The user can paste the command. */
  @Test
  void missingPemjaIsReportedWithTheCommand() {
    assertThatThrownBy(environment(GOOD.replace("\"0.5.7\"", "null"))::verify)
        .hasMessageContaining("PemJa is missing")
        .hasMessageContaining("/venv/bin/python -m pip install 'apache-flink==2.");
  }

  /** A cluster has the jar, but each host needs the Python package too. */
  @Test
  void missingPackageIsReportedWithTheCommand() {
    assertThatThrownBy(environment(GOOD.replace('"' + Version.OF_JAR + '"', "null"))::verify)
        .hasMessageContaining("pyflink-ml-embedded is missing")
        .hasMessageContaining(
            "/venv/bin/python -m pip install 'pyflink-ml-embedded==" + Version.OF_JAR + "'");
  }

  /** Jar and package share a memory layout, so they must have one version. */
  @Test
  void packageOfAnotherVersionIsReportedWithBothVersions() {
    assertThatThrownBy(environment(GOOD.replace(Version.OF_JAR, "9.9.9"))::verify)
        .hasMessageContaining("has version 9.9.9, but this jar has version " + Version.OF_JAR)
        .hasMessageContaining("pip install 'pyflink-ml-embedded==" + Version.OF_JAR + "'");
  }

  /** Nobody wants to restart a job once for each problem. */
  @Test
  void allProblemsAreReportedAtOnce() {
    assertThatThrownBy(
            environment("{\"version\": [3, 12, 1], \"executable\": \"/usr/bin/python3\"}")::verify)
        .hasMessageContaining("libpython")
        .hasMessageContaining("PemJa")
        .hasMessageContaining("pyflink-ml-embedded");
  }

  /** An executable may print anything. */
  @Test
  void jsonThatIsNotADescriptionIsIgnored() {
    assertThat(PythonEnvironment.parse("[3, 11]", "")).isEmpty();
  }

  private static PythonEnvironment environment(String json) {
    return PythonEnvironment.parse(json, "").orElseThrow();
  }
}
