// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.List;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Options of the connector {@code bench-rows}. */
final class RowsOptions {

  static final ConfigOption<String> PATH =
      ConfigOptions.key("path")
          .stringType()
          .noDefaultValue()
          .withDescription("A JSON Lines file of the rows without the stamp, emitted repeatedly.");

  static final ConfigOption<Stamp> STAMP =
      ConfigOptions.key("stamp")
          .enumType(Stamp.class)
          .defaultValue(Stamp.NONE)
          .withDescription("The content of the first column, a BIGINT that is not in the file.");

  static final ConfigOption<Long> NUMBER_OF_ROWS =
      ConfigOptions.key("number-of-rows")
          .longType()
          .noDefaultValue()
          .withDescription("The total number of rows of all subtasks.");

  static final ConfigOption<List<String>> PHASES =
      ConfigOptions.key("phases")
          .stringType()
          .asList()
          .noDefaultValue()
          .withDescription(
              "What each subtask emits from its first row on: rows per second, a space, and seconds"
                  + " of each phase. 0 rows per second are as many as the job accepts.");

  static final ConfigOption<String> REPORT =
      ConfigOptions.key("report")
          .stringType()
          .noDefaultValue()
          .withDescription("The directory where each subtask writes source-<subtask>.json.");

  static final ConfigOption<String> STOP_FILE =
      ConfigOptions.key("stop-file")
          .stringType()
          .noDefaultValue()
          .withDescription("Each subtask ends soon after this file exists.");

  static final Set<ConfigOption<?>> REQUIRED = Set.of(PATH);
  static final Set<ConfigOption<?>> OPTIONAL =
      Set.of(STAMP, NUMBER_OF_ROWS, PHASES, REPORT, STOP_FILE);

  private RowsOptions() {}

  /** The content of the first column. */
  enum Stamp {
    /** The first column of the file. */
    NONE,
    /** The number of the row, from 0. */
    INDEX,
    /** {@link System#nanoTime} at which the row was due. */
    DUE
  }

  /**
   * Checks constraints that the types of the options do not express.
   *
   * @throws ValidationException if an option is invalid
   */
  static void validate(ReadableConfig options) {
    if (options.getOptional(NUMBER_OF_ROWS).isPresent()
        == options.getOptional(PHASES).isPresent()) {
      throw new ValidationException(
          "Connector 'bench-rows' requires exactly one of 'number-of-rows' and 'phases'.");
    }
    if (options.getOptional(NUMBER_OF_ROWS).orElse(1L) < 1) {
      throw new ValidationException("Option 'number-of-rows' must be at least 1.");
    }
  }
}
