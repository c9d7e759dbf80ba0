// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/**
 * Checks the texts of options. Flink would report a text that it cannot parse by a cause that names
 * neither the option nor the valid values, and the SQL client prints only the deepest cause.
 */
final class OptionValues {

  private OptionValues() {}

  /**
   * Checks that the values can be parsed.
   *
   * @throws ValidationException with the option, its value and what is valid
   */
  static void check(ReadableConfig options, Collection<ConfigOption<?>> checked) {
    for (ConfigOption<?> option : checked) {
      try {
        options.getOptional(option);
      } catch (IllegalArgumentException e) {
        String given = options.get(ConfigOptions.key(option.key()).stringType().noDefaultValue());
        throw new ValidationException(
            String.format(
                "Option '%s' is '%s'; it must be %s.",
                option.key(), given, valid(option.defaultValue())));
      }
    }
  }

  /**
   * Checks a value.
   *
   * @param expected what is valid
   * @throws ValidationException if it is not valid
   */
  static void require(boolean valid, ConfigOption<?> option, Object value, String expected) {
    if (!valid) {
      throw new ValidationException(
          String.format("Option '%s' is %s; it must be %s.", option.key(), value, expected));
    }
  }

  /**
   * Refuses options that have no effect.
   *
   * @param needed what the options need and the model does not have
   * @throws ValidationException if one of them is set
   */
  static void refuseWithout(
      String needed, ReadableConfig options, Collection<ConfigOption<?>> withoutEffect) {
    for (ConfigOption<?> option : withoutEffect) {
      if (options.getOptional(option).isPresent()) {
        throw new ValidationException(
            String.format(
                "Option '%s' needs %s. Set this, or remove '%s'.",
                option.key(), needed, option.key()));
      }
    }
  }

  private static String valid(Object example) {
    if (example instanceof Enum) {
      return Arrays.stream(example.getClass().getEnumConstants())
          .map(constant -> "'" + constant.toString().toLowerCase(Locale.ROOT) + "'")
          .collect(Collectors.joining(", "))
          .replaceAll(", ([^,]*)$", " or $1");
    }
    if (example instanceof Boolean) {
      return "'true' or 'false'";
    }
    if (example instanceof Duration) {
      return "a duration of 0 or more, such as '500 ms' or '10 min'";
    }
    if (example instanceof MemorySize) {
      return "a size, such as '512 mb' or '10 gb'";
    }
    if (example instanceof Double) {
      return "a number, such as '0.01'";
    }
    return "an integer of at most " + Integer.MAX_VALUE;
  }
}
