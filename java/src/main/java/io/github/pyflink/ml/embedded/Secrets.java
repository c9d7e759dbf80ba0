// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.PROPERTIES_PREFIX;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Secrets among the properties of a model. A property {@code secret.<name>} only refers to a
 * secret, so plans, catalogs and job graphs do not have it; {@code _secrets.py} reads it on the
 * TaskManager.
 */
final class Secrets {

  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);

  private static final String PREFIX = "secret.";
  private static final Pattern REFERENCE = Pattern.compile("file:/.+|env:.+");

  /** Values of names such as 'max-new-tokens', which only sound like secrets. */
  private static final Pattern SETTING = Pattern.compile("[0-9]{1,6}|(?i:true|false)");

  private Secrets() {}

  /**
   * Checks the form of references, and warns of secrets that are options in clear text.
   *
   * @throws ValidationException if a secret is not a reference, or a property is set twice
   */
  static void check(String model, Map<String, String> properties) {
    properties.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX)) {
            check(name.substring(PREFIX.length()), value, properties);
          }
        });
    List<String> inClear =
        sensitive(properties.keySet()).stream()
            .filter(name -> !SETTING.matcher(properties.get(name)).matches())
            .map(name -> "'" + PROPERTIES_PREFIX + name + "'")
            .collect(Collectors.toList());
    if (!inClear.isEmpty()) {
      LOG.warn(
          "Model '{}': {} may be a secret, which catalogs, plans and SHOW CREATE MODEL have in clear"
              + " text. Set '{}{}<name>' to 'file:/path' or 'env:NAME' instead, which is read on the"
              + " TaskManager.",
          model,
          String.join(", ", inClear),
          PROPERTIES_PREFIX,
          PREFIX);
    }
  }

  /** Returns the names, other than those of references, whose values Flink masks. */
  static List<String> sensitive(Collection<String> names) {
    return names.stream()
        .filter(name -> !name.startsWith(PREFIX) && GlobalConfiguration.isSensitive(name))
        .sorted()
        .collect(Collectors.toList());
  }

  private static void check(String name, String value, Map<String, String> properties) {
    if (!REFERENCE.matcher(value).matches()) {
      throw new ValidationException(
          String.format(
              "Option '%1$s%2$s%3$s' must be 'file:/path' or 'env:NAME', where a TaskManager finds"
                  + " the secret; its value is not shown. Write the secret to a file that only the"
                  + " TaskManager's user can read, and set 'file:' with the absolute path.",
              PROPERTIES_PREFIX, PREFIX, name));
    }
    if (properties.containsKey(name)) {
      throw new ValidationException(
          String.format(
              "Options '%1$s%3$s' and '%1$s%2$s%3$s' both set the property '%3$s'. Remove the"
                  + " first.",
              PROPERTIES_PREFIX, PREFIX, name));
    }
  }
}
