// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;

/** Finds the Python executable on this host. */
@Internal
public final class PythonExecutable {

  private static final List<String> DEFAULTS = List.of("python3", "python");

  private PythonExecutable() {}

  /**
   * Returns the path of the executable.
   *
   * @param configured a path, a name on the PATH, or null for python3 or, failing that, python
   * @throws PythonException if no executable is found
   */
  public static String find(@Nullable String configured) {
    return find(configured, System.getenv().getOrDefault("PATH", ""));
  }

  /**
   * Returns the path of the executable.
   *
   * @param configured a path, a name to look up, or null for python3 or, failing that, python
   * @param searchPath directories in the format of the environment variable PATH
   * @throws PythonException if no executable is found
   */
  static String find(@Nullable String configured, String searchPath) {
    List<String> names = configured == null ? DEFAULTS : List.of(configured);
    return names.stream()
        .flatMap(name -> locate(name, searchPath).stream())
        .findFirst()
        .map(Path::toString)
        .orElseThrow(() -> new PythonException(notFound(configured, searchPath)));
  }

  private static Optional<Path> locate(String name, String searchPath) {
    Stream<Path> candidates =
        name.contains(File.separator)
            ? Stream.of(Path.of(name))
            : Stream.of(searchPath.split(File.pathSeparator))
                .map(directory -> Path.of(directory, name));
    return candidates.filter(Files::isRegularFile).filter(Files::isExecutable).findFirst();
  }

  private static String notFound(@Nullable String configured, String searchPath) {
    String tried =
        configured == null
            ? "The option 'python.executable' is not set, and neither 'python3' nor 'python' is"
            : "The option 'python.executable' is '" + configured + "', which is not an executable";
    String where =
        configured != null && configured.contains(File.separator)
            ? " file on this host"
            : " on this process's PATH (" + searchPath + ")";
    String hint =
        configured != null && configured.startsWith("~")
            ? "; '~' is expanded by a shell only"
            : configured != null
                    && configured.contains(File.separator)
                    && !configured.startsWith("/")
                ? ", nor in an archive of 'python.archives', whose directories are where a relative"
                    + " path may begin"
                : "";
    return tried
        + where
        + hint
        + ". Set it, for the model or in Flink's configuration, to the path of a Python"
        + " on every TaskManager, for example '/opt/venv/bin/python'.";
  }
}
