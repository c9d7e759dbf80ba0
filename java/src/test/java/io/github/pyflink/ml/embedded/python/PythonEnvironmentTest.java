package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Every problem that is found before Python is loaded says what to install. */
class PythonEnvironmentTest {

  private static final String GOOD =
      "{\"version\": [3, 11, 7], \"executable\": \"/venv/bin/python\","
          + " \"libpython\": \"/usr/lib/libpython3.11.so\", \"pemja\": \"0.5.7\", \"package\": \""
          + Version.OF_JAR
          + "\"}";

  @Test
  void complete_python_is_accepted() {
    assertThatCode(environment(GOOD)::verify).doesNotThrowAnyException();
  }

  @Test
  void version_of_the_jar_is_that_of_the_project() {
    assertThat(Version.OF_JAR).matches("\\d+\\.\\d+\\.\\d+");
  }

  @Test
  void other_version_of_python_is_refused() {
    assertThatThrownBy(environment(GOOD.replace("[3, 11, 7]", "[3, 13, 0]"))::verify)
        .isInstanceOf(PythonException.class)
        .hasMessageStartingWith("Python 3.13.0 at '/venv/bin/python' cannot run in this JVM:")
        .hasMessageContaining("3.10, 3.11 or 3.12");
  }

  @Test
  void static_build_is_refused_with_the_remedy() {
    assertThatThrownBy(environment(GOOD.replace("\"/usr/lib/libpython3.11.so\"", "null"))::verify)
        .hasMessageContaining("libpython3.11")
        .hasMessageContaining("PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.11");
  }

  @Test
  void missing_pemja_is_named_with_the_command() {
    assertThatThrownBy(environment(GOOD.replace("\"0.5.7\"", "null"))::verify)
        .hasMessageContaining("PemJa is missing")
        .hasMessageContaining("/venv/bin/python -m pip install 'apache-flink==2.");
  }

  @Test
  void missing_package_is_named_with_the_command() {
    assertThatThrownBy(environment(GOOD.replace('"' + Version.OF_JAR + '"', "null"))::verify)
        .hasMessageContaining("pyflink-ml-embedded is missing")
        .hasMessageContaining(
            "/venv/bin/python -m pip install 'pyflink-ml-embedded==" + Version.OF_JAR + "'");
  }

  @Test
  void other_version_of_the_package_is_named_with_ours() {
    assertThatThrownBy(environment(GOOD.replace(Version.OF_JAR, "9.9.9"))::verify)
        .hasMessageContaining("has version 9.9.9, but this jar has version " + Version.OF_JAR)
        .hasMessageContaining("pip install 'pyflink-ml-embedded==" + Version.OF_JAR + "'");
  }

  @Test
  void all_problems_are_named_at_once() {
    assertThatThrownBy(
            environment("{\"version\": [3, 12, 1], \"executable\": \"/usr/bin/python3\"}")::verify)
        .hasMessageContaining("libpython")
        .hasMessageContaining("PemJa")
        .hasMessageContaining("pyflink-ml-embedded");
  }

  @Test
  void other_json_is_no_description() {
    assertThat(PythonEnvironment.parse("[3, 11]", "")).isEmpty();
  }

  private static PythonEnvironment environment(String json) {
    return PythonEnvironment.parse(json, "").orElseThrow();
  }
}
