// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.Serializable;
import java.nio.file.Paths;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.annotation.Nullable;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.api.ValidationException;

/** Where a model or an environment is: a local path, or a URI. */
final class Location implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(/?).*", Pattern.DOTALL);
  private static final Pattern USER_INFO = Pattern.compile("//[^/@]*@");
  private static final Set<String> MLFLOW_SCHEMES = Set.of("models", "runs");

  private final String text;

  /** The scheme of a URI in lower case; null for a path. */
  @Nullable private final String scheme;

  private Location(String text, @Nullable String scheme) {
    this.text = text;
    this.scheme = scheme;
  }

  /**
   * Parses the option.
   *
   * @throws ValidationException if it is neither a path nor a URI
   */
  static Location of(String text, Content content) {
    if (text.isBlank()) {
      throw refusal(text, content, "is blank");
    }
    if (text.startsWith("~")) {
      throw refusal(
          text, content, "begins with '~', which only a shell expands; write the absolute path");
    }
    Matcher matcher = SCHEME.matcher(text);
    if (!matcher.matches()) {
      return new Location(text, null);
    }
    if (matcher.group(2).isEmpty()) {
      throw refusal(text, content, "is a URI without a '/' after its scheme");
    }
    Location location = new Location(text, matcher.group(1).toLowerCase(Locale.ROOT));
    if (!location.isForMlflow()) {
      location.check(content);
    }
    return location;
  }

  private void check(Content content) {
    Path path;
    try {
      path = new Path(text);
    } catch (IllegalArgumentException e) {
      throw refusal(text, content, "is not a URI: " + e.getMessage());
    }
    if (isLocal() && path.toUri().getAuthority() != null) {
      throw refusal(text, content, "is a 'file' URI with a host; write 'file:///path'");
    }
  }

  private static ValidationException refusal(String text, Content content, String problem) {
    return new ValidationException(
        String.format(
            "The value '%s' of the option '%s' %s. Valid are %s.",
            withoutUserInfo(text), content.option.key(), problem, content.validLocations));
  }

  /** Returns whether MLflow's Python client resolves it. */
  boolean isForMlflow() {
    return scheme != null && MLFLOW_SCHEMES.contains(scheme);
  }

  /** Returns whether it is on this host. */
  boolean isLocal() {
    return scheme == null || scheme.equals("file");
  }

  /** Returns the absolute path of a local location. */
  java.nio.file.Path local() {
    return Paths.get(scheme == null ? text : new Path(text).getPath()).toAbsolutePath();
  }

  /** Returns whether it is a path that the working directory of the process completes. */
  boolean isRelative() {
    return scheme == null && !Paths.get(text).isAbsolute();
  }

  /** Returns the path for Flink's file systems. */
  Path path() {
    return isLocal() ? Path.fromLocalFile(local().toFile()) : new Path(text);
  }

  /** Returns the text without user information, which may hold a password. */
  @Override
  public String toString() {
    return withoutUserInfo(text);
  }

  static String withoutUserInfo(String text) {
    return USER_INFO.matcher(text).replaceFirst("//***@");
  }
}
