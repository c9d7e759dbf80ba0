// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.apache.flink.annotation.Internal;

/** The version of this jar. */
@Internal
public final class Version {

  /** The version, which the Python package must have too. */
  public static final String OF_JAR = load();

  private Version() {}

  private static String load() {
    Properties properties = new Properties();
    try (InputStream resource = Version.class.getResourceAsStream("version.properties")) {
      properties.load(resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
