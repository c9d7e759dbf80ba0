package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.MODEL_DIRECTORY_PATH;

import java.io.Serializable;
import java.nio.file.Paths;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.annotation.Nullable;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.api.ValidationException;

/** A value of the option {@code model-directory-path}: a local path, or a URI. */
final class Location implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(/?).*", Pattern.DOTALL);
  private static final Pattern USER_INFO = Pattern.compile("//[^/@]*@");
  private static final Set<String> SCHEMES_OF_MLFLOW = Set.of("models", "runs");

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
  static Location of(String text) {
    if (text.isBlank()) {
      throw refusal(text, "is blank");
    }
    Matcher matcher = SCHEME.matcher(text);
    if (!matcher.matches()) {
      return new Location(text, null);
    }
    if (matcher.group(2).isEmpty()) {
      throw refusal(text, "has no '/' behind the scheme of the URI");
    }
    Location location = new Location(text, matcher.group(1).toLowerCase(Locale.ROOT));
    if (!location.isForPython()) {
      location.check();
    }
    return location;
  }

  private void check() {
    Path path;
    try {
      path = new Path(text);
    } catch (IllegalArgumentException e) {
      throw refusal(text, "is not a URI: " + e.getMessage());
    }
    if (isLocal() && path.toUri().getAuthority() != null) {
      throw refusal(text, "names a host, which a 'file' URI cannot reach: write 'file:///path'");
    }
  }

  private static ValidationException refusal(String text, String problem) {
    return new ValidationException(
        String.format(
            "The value '%s' of the option '%s' %s. Valid are the path of a directory, or the URI of"
                + " a directory or of an archive (.zip, .tar.gz, .tgz), such as"
                + " 's3://bucket/models/fraud'.",
            withoutUser(text), MODEL_DIRECTORY_PATH.key(), problem));
  }

  /** Whether MLflow's client resolves it, in Python. */
  boolean isForPython() {
    return scheme != null && SCHEMES_OF_MLFLOW.contains(scheme);
  }

  /** Whether it is on this host. */
  boolean isLocal() {
    return scheme == null || scheme.equals("file");
  }

  /** Returns the absolute path of a local one. */
  java.nio.file.Path local() {
    return Paths.get(scheme == null ? text : new Path(text).getPath()).toAbsolutePath();
  }

  /** Returns what Flink's file systems understand. */
  Path path() {
    return isLocal() ? Path.fromLocalFile(local().toFile()) : new Path(text);
  }

  /** Returns it for people, without what may be a password. */
  @Override
  public String toString() {
    return withoutUser(text);
  }

  private static String withoutUser(String text) {
    return USER_INFO.matcher(text).replaceFirst("//***@");
  }
}
