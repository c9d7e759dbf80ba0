// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.time.Duration;
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

  static final ConfigOption<Duration> DURATION =
      ConfigOptions.key("duration")
          .durationType()
          .noDefaultValue()
          .withDescription(
              "How long each subtask emits rows, from its own first row; with a pace, how long"
                  + " rows are due.");

  static final ConfigOption<Double> ROWS_PER_SECOND =
      ConfigOptions.key("rows-per-second")
          .doubleType()
          .noDefaultValue()
          .withDescription(
              "The pace of each subtask; by default, as fast as the job accepts rows.");

  static final ConfigOption<String> REPORT =
      ConfigOptions.key("report")
          .stringType()
          .noDefaultValue()
          .withDescription("The directory where each subtask writes source-<subtask>.json.");

  static final Set<ConfigOption<?>> REQUIRED = Set.of(PATH);
  static final Set<ConfigOption<?>> OPTIONAL =
      Set.of(STAMP, NUMBER_OF_ROWS, DURATION, ROWS_PER_SECOND, REPORT);

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
        == options.getOptional(DURATION).isPresent()) {
      throw new ValidationException(
          "Connector 'bench-rows' requires exactly one of 'number-of-rows' and 'duration'.");
    }
    options
        .getOptional(NUMBER_OF_ROWS)
        .ifPresent(rows -> check(rows > 0, NUMBER_OF_ROWS, "at least 1", rows));
    options
        .getOptional(DURATION)
        .ifPresent(duration -> check(duration.toNanos() > 0, DURATION, "above 0", duration));
    options
        .getOptional(ROWS_PER_SECOND)
        .ifPresent(pace -> check(pace > 0, ROWS_PER_SECOND, "above 0", pace));
  }

  private static void check(boolean right, ConfigOption<?> option, String valid, Object given) {
    if (!right) {
      throw new ValidationException(
          String.format("Option '%s' is %s; it must be %s.", option.key(), given, valid));
    }
  }
}
