// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The description that a Python executable printed, with the problems that the probe found. */
final class PythonEnvironment {

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

  /** Returns the path of the library that {@link PythonStart} loads. */
  String startLibrary() {
    return description.path("start_library").asText();
  }

  /** Returns whether the executable runs in UTF-8 mode. */
  boolean utf8Mode() {
    return description.path("settings").path("sys.flags.utf8_mode").asInt() == 1;
  }

  /**
   * Returns the variables of the environment that Python reads, by name, and those that a script
   * around the executable changes. The value of one that it removes is null.
   */
  Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    JsonNode environment = description.path("environment");
    environment
        .fieldNames()
        .forEachRemaining(name -> variables.put(name, environment.path(name).textValue()));
    return variables;
  }

  /** Returns whether the files that decided the description are as they were. */
  boolean isUnchanged() {
    JsonNode files = description.path("files");
    Iterable<String> paths = files::fieldNames;
    for (String path : paths) {
      if (!stampOf(path).equals(files.path(path).textValue())) {
        return false;
      }
    }
    return files.size() > 0;
  }

  /** Returns the same text as the probe. */
  private static String stampOf(String file) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(Path.of(file), BasicFileAttributes.class);
      return attributes.lastModifiedTime().toMillis() + " " + attributes.size();
    } catch (InvalidPathException e) { // it has characters that this JVM cannot encode
      return "unknown";
    } catch (IOException e) {
      return "missing";
    }
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
              + String.join("\n- ", problems)
              + "\nCorrect this, or set the option 'python.executable' to another Python.");
    }
  }

  @Override
  public String toString() {
    return "Python " + version() + " of " + executable();
  }

  private List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (JsonNode problem : description.path("problems")) {
      problems.add(problem.path("text").asText() + ". " + problem.path("remedy").asText());
    }
    return problems;
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
