// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The interpreter and the model directory of the tests. */
final class Python {

  static final String EXECUTABLE_PROPERTY = "python.executable";

  /** The absolute path of the predict functions, tests/models of the project. */
  static final Path MODELS = Path.of("..", "tests", "models").toAbsolutePath().normalize();

  private Python() {}

  static String executable() {
    return System.getProperty(EXECUTABLE_PROPERTY);
  }

  static boolean hasModule(String name) throws IOException, InterruptedException {
    return run(
            "-c", "import importlib.util as u; raise SystemExit(not u.find_spec('" + name + "'))")
        == 0;
  }

  /** Runs a script of tests/models in a subprocess. */
  static void runScript(String script, String argument) throws IOException, InterruptedException {
    assertThat(run(MODELS.resolve(script).toString(), argument)).as(script).isZero();
  }

  /** Returns the number of the only line that contains the code. */
  static int lineOf(String module, String code) throws IOException {
    List<String> lines = Files.readAllLines(MODELS.resolve(module));
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(code)) {
        found.add(i + 1);
      }
    }
    assertThat(found).as("lines of %s with: %s", module, code).hasSize(1);
    return found.get(0);
  }

  private static int run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(executable()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
