// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.util.Optional;
import org.apache.flink.FlinkVersion;

/**
 * The descriptions of executables that run in this JVM, so that the class loaders of later jobs do
 * not probe them again. They share system properties, but no statics.
 *
 * <p>A description is used again only while all files that decided it have their size and their
 * modification time. The variables of the environment never change in a JVM.
 */
final class ProbeCache {

  private ProbeCache() {}

  /** Returns the description of the executable, or empty where it must be probed. */
  static Optional<PythonEnvironment> find(String executable) {
    return Optional.ofNullable(System.getProperty(property(executable)))
        .flatMap(json -> PythonEnvironment.parse(json, ""))
        .filter(PythonEnvironment::isUnchanged);
  }

  /** Keeps the description of an executable that runs in this JVM. */
  static void keep(String executable, PythonEnvironment environment) {
    // Another file, such as a script around the executable, may decide by what is not described.
    if (environment.executable().equals(executable)) {
      System.setProperty(property(executable), environment.json());
    }
  }

  private static String property(String executable) {
    return String.join(
        " ",
        ProbeCache.class.getName(),
        Version.OF_JAR,
        FlinkVersion.current().toString(),
        executable);
  }
}
