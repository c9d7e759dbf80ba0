// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A library that cannot be loaded is reported with the reason, which PemJa would not give. */
@EnabledIfSystemProperty(named = "python.executable", matches = ".+")
class PythonStartTest {

  private static final String EXECUTABLE = System.getProperty("python.executable");

  /** A damaged installation must not look like a problem of Flink. */
  @Test
  void missingLibraryOfThePackageIsNamed() throws IOException {
    PythonEnvironment environment = environmentWith("start_library", "/nowhere/_start.so");

    assertThatThrownBy(() -> PythonStart.prepare(environment))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("The library '/nowhere/_start.so' of the Python package")
        .hasMessageContaining("cannot be loaded: ");
  }

  /** The file may be of another architecture, or its own dependencies may be missing. */
  @Test
  void libpythonThatCannotBeLoadedIsReportedWithTheReason(@TempDir Path directory)
      throws IOException {
    Path text = Files.writeString(directory.resolve("libpython3.11.so"), "not a library");
    PythonEnvironment environment = environmentWith("libpython", text.toString());

    assertThatThrownBy(() -> PythonStart.prepare(environment))
        .isInstanceOf(PythonException.class)
        .hasMessageContaining("cannot be loaded: " + text)
        .hasMessageContaining("file too short");
  }

  private static PythonEnvironment environmentWith(String name, String value) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    String real = PythonProbe.run(EXECUTABLE, PythonProbe.TIMEOUT).json();
    ObjectNode description = (ObjectNode) mapper.readTree(real);
    description.put(name, value);
    return PythonEnvironment.parse(description.toString(), "").orElseThrow();
  }
}
