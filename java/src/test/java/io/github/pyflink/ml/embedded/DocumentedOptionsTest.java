// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

/** The tables of docs/options.md agree with the options of the provider. */
class DocumentedOptionsTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "options.md");

  /** A row of a table: groups are the option, its type, its default and its meaning. */
  private static final Pattern ROW =
      Pattern.compile("\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| (.+) \\|");

  /** A default that is a value, which may be followed by an explanation. */
  private static final Pattern VALUE = Pattern.compile("`([^`]+)`.*");

  /** A reader sets an option only where the default does not fit. */
  @Test
  void optionsHaveTheDocumentedTypesAndDefaults() throws Exception {
    Map<String, Matcher> rows = rows();

    Map<String, Type> types = new LinkedHashMap<>();
    for (Field field : GenericPythonOptions.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigOption.class) {
        ConfigOption<?> option = (ConfigOption<?>) field.get(null);
        Type type = ((ParameterizedType) field.getGenericType()).getActualTypeArguments()[0];
        types.put(option.key(), type);
        check(option, type, rows.get(option.key()));
      }
    }
    assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(types.keySet());
  }

  /** An option that is declared and not allowed in CREATE MODEL would be refused there. */
  @Test
  void optionsOfTheFactoryAreDocumented() throws IOException {
    GenericPythonModelProviderFactory factory = new GenericPythonModelProviderFactory();

    assertThat(
            Stream.of(factory.requiredOptions(), factory.optionalOptions())
                .flatMap(Set::stream)
                .map(ConfigOption::key))
        .containsExactlyInAnyOrderElementsOf(rows().keySet());
  }

  private static void check(ConfigOption<?> option, Type type, Matcher row) {
    assertThat(row).as("row of %s", option.key()).isNotNull();
    assertThat(row.group(2)).as("type of %s", option.key()).isEqualTo(name(type));
    Matcher value = VALUE.matcher(row.group(3));
    Object documented =
        value.matches()
            ? Configuration.fromMap(Map.of(option.key(), value.group(1))).get(option)
            : null;
    assertThat(documented).as("default of %s", option.key()).isEqualTo(option.defaultValue());
    if (option.defaultValue() instanceof Enum) {
      for (Object constant :
          ((Enum<?>) option.defaultValue()).getDeclaringClass().getEnumConstants()) {
        assertThat(row.group(4))
            .as("values of %s", option.key())
            .contains("`" + constant.toString().toLowerCase(Locale.ROOT) + "`");
      }
    }
  }

  private static String name(Type type) {
    if (!(type instanceof Class)) {
      return "List<String>";
    }
    return ((Class<?>) type).isEnum() ? "Enum" : ((Class<?>) type).getSimpleName();
  }

  /** Returns the rows by option, without those that are not options of Flink. */
  private static Map<String, Matcher> rows() throws IOException {
    Map<String, Matcher> rows = new LinkedHashMap<>();
    for (String line : Files.readAllLines(DOCUMENT)) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && !row.group(1).matches("provider|properties\\..*")) {
        rows.put(row.group(1), row);
      }
    }
    return rows;
  }
}
