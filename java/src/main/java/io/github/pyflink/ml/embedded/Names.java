// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Collectors;

/** Names in messages. */
final class Names {

  private Names() {}

  /** Returns the names in quotes, separated by commas. */
  static String quoted(Collection<String> names) {
    return names.stream().collect(Collectors.joining("', '", "'", "'"));
  }

  /** Returns "; the nearest is '...'", or nothing where no name is similar. */
  static String nearest(String given, Collection<String> names) {
    return names.stream()
        .min(Comparator.comparingInt(name -> distance(given, name)))
        .filter(name -> distance(given, name) <= Math.max(1, name.length() / 2))
        .map(name -> "; the nearest is '" + name + "'")
        .orElse("");
  }

  /** Returns how many letters must be added, removed or changed, whatever their case is. */
  private static int distance(String given, String name) {
    String left = given.toLowerCase(Locale.ROOT);
    String right = name.toLowerCase(Locale.ROOT);
    int[] distances = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      distances[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = distances[0];
      distances[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int changed = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = distances[j];
        distances[j] = Math.min(changed, 1 + Math.min(distances[j - 1], distances[j]));
      }
    }
    return distances[right.length()];
  }
}
