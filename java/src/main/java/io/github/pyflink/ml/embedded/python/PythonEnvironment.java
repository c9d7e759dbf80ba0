package io.github.pyflink.ml.embedded.python;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.annotation.Nullable;
import org.apache.flink.FlinkVersion;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The description of a Python executable, and the check that it can run in this JVM. */
final class PythonEnvironment {

  private static final int OLDEST_MINOR = 10;
  private static final int NEWEST_MINOR = 12;

  private final String json;
  private final JsonNode description;
  private final String errorOutput;

  private PythonEnvironment(String json, JsonNode description, String errorOutput) {
    this.json = json;
    this.description = description;
    this.errorOutput = errorOutput;
  }

  /**
   * Parses the description; empty if the text is not a description.
   *
   * @param json the description that the probe printed
   * @param errorOutput the standard error of the executable
   */
  static Optional<PythonEnvironment> parse(String json, String errorOutput) {
    try {
      JsonNode description = new ObjectMapper().readTree(json);
      return description.isObject()
          ? Optional.of(new PythonEnvironment(json, description, errorOutput))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** Returns the absolute path of the executable. */
  String executable() {
    return description.path("executable").asText();
  }

  /** Returns the root of the base installation, not of a virtual environment. */
  String basePrefix() {
    return description.path("base_prefix").asText();
  }

  /** Returns the directory that contains PemJa's package. */
  String pemjaParent() {
    return Path.of(description.path("pemja_path").asText()).getParent().toString();
  }

  @Nullable
  String libpython() {
    return textOrNull("libpython");
  }

  /** Returns the standard error of the executable. */
  String errorOutput() {
    return errorOutput;
  }

  /** Returns the description as the executable printed it: JSON in ASCII. */
  String json() {
    return json;
  }

  /**
   * Checks that the executable can run in this JVM.
   *
   * @throws PythonException with all problems and their remedies
   */
  void verify() {
    List<String> problems = problems();
    if (!problems.isEmpty()) {
      throw new PythonException(
          "Python "
              + version()
              + " at '"
              + executable()
              + "' cannot run in this JVM:\n- "
              + String.join("\n- ", problems));
    }
  }

  @Override
  public String toString() {
    return "Python " + version() + " of " + executable();
  }

  private List<String> problems() {
    JsonNode version = description.path("version");
    int major = version.path(0).asInt();
    int minor = version.path(1).asInt();
    List<String> problems = new ArrayList<>();
    if (major != 3 || minor < OLDEST_MINOR || minor > NEWEST_MINOR) {
      problems.add(
          "Its version is not supported. Set 'python.executable' to a Python 3.10, 3.11 or 3.12.");
      return problems;
    }
    if (libpython() == null) {
      problems.add(
          String.format(
              "It has no shared libpython (a static build). Install your distribution's"
                  + " libpython%1$d.%2$d, or a build with --enable-shared, for example"
                  + " PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install %1$d.%2$d",
              major, minor));
    }
    if (textOrNull("pemja") == null) {
      problems.add("PemJa is missing. " + install("apache-flink", FlinkVersion.current() + ".*"));
    }
    String installed = textOrNull("package");
    if (!Version.OF_JAR.equals(installed)) {
      problems.add(
          (installed == null
                  ? "The package pyflink-ml-embedded is missing. "
                  : "Its package pyflink-ml-embedded has version "
                      + installed
                      + ", but this jar has version "
                      + Version.OF_JAR
                      + ". ")
              + install("pyflink-ml-embedded", Version.OF_JAR));
    }
    return problems;
  }

  private String install(String distribution, String version) {
    return String.format("Run: %s -m pip install '%s==%s'", executable(), distribution, version);
  }

  private String version() {
    List<String> parts = new ArrayList<>();
    description.path("version").forEach(part -> parts.add(part.asText()));
    return String.join(".", parts);
  }

  @Nullable
  private String textOrNull(String key) {
    return description.path(key).textValue();
  }
}
