// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import javax.annotation.Nullable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.ReadableConfig;

/**
 * Whether pickles may be loaded. The model, the configuration of the client and that of the
 * TaskManager can each forbid it, and none can permit what another forbids.
 */
final class Pickles {

  /** The option in Flink's configuration. */
  static final ConfigOption<Boolean> ALLOW_IN_CLUSTER =
      ConfigOptions.key("ml.generic-python.allow-pickle").booleanType().defaultValue(true);

  /** Null until the file is read, which is done once, because Flink logs all of it. */
  @Nullable private static Boolean allowedHere;

  private Pickles() {}

  /** Returns whether the model's options and the configuration of the client allow pickles. */
  static boolean areAllowed(ReadableConfig options, ReadableConfig flink) {
    return options.get(GenericPythonOptions.ALLOW_PICKLE) && flink.get(ALLOW_IN_CLUSTER);
  }

  /** Returns whether the configuration file of this process allows pickles. */
  static synchronized boolean areAllowedHere() {
    if (allowedHere == null) {
      allowedHere = GlobalConfiguration.loadConfiguration().get(ALLOW_IN_CLUSTER);
    }
    return allowedHere;
  }
}
