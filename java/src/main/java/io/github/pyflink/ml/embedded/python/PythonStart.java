// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.annotation.Nullable;

/**
 * Sets what CPython reads only while it starts, as the executable has it: the UTF-8 mode, and the
 * variables of the environment that the executable or a script around it has set for itself.
 *
 * <p>{@code Py_Initialize}, which PemJa calls, ignores the locale and PYTHONUTF8, and neither can
 * be corrected later.
 */
final class PythonStart {

  private PythonStart() {}

  /**
   * Prepares the start of the Python of this environment. Has no effect if CPython runs already.
   *
   * @throws PythonException if libpython or the library of the Python package cannot be loaded
   */
  static void prepare(PythonEnvironment environment) {
    try {
      System.load(environment.startLibrary());
    } catch (UnsatisfiedLinkError e) {
      if (String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
        return; // and that job has started CPython
      }
      throw new PythonException(
          "The library '"
              + environment.startLibrary()
              + "' of the Python package pyflink-ml-embedded cannot be loaded: "
              + e.getMessage());
    }
    List<String> variables = new ArrayList<>();
    environment
        .variables()
        .forEach(
            (name, value) -> {
              // Others may have lost characters in the JVM's encoding. Those that a script sets
              // are set when Python runs.
              boolean isAscii =
                  value == null || StandardCharsets.US_ASCII.newEncoder().canEncode(value);
              if (isAscii && !Objects.equals(value, System.getenv(name))) {
                variables.add(name);
                variables.add(value);
              }
            });
    String failure =
        prepare(environment.libpython(), environment.utf8Mode(), variables.toArray(new String[0]));
    if (failure != null) {
      throw new PythonException(
          "The shared library of " + environment + " cannot be loaded: " + failure);
    }
  }

  /**
   * Loads libpython and sets its UTF-8 mode, and variables of the process's environment.
   *
   * @param variables names, each followed by its value, or by null for one that is removed
   * @return why libpython cannot be loaded, or null
   */
  @Nullable
  private static native String prepare(String libpython, boolean utf8Mode, String[] variables);
}
