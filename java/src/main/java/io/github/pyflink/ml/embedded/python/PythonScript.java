// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;

/** Reads the Python scripts that are resources of this jar. */
@Internal
public final class PythonScript {

  private PythonScript() {}

  /** Returns the script of this name beside a class. */
  public static String read(Class<?> user, String name) {
    try (InputStream script = user.getResourceAsStream(name)) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
