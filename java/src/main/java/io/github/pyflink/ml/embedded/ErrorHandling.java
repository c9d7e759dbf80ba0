// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.DEFAULT_VALUE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_HANDLING_STRATEGY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_WINDOW;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_ERROR_RATIO;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_EXCEPTIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_FALLBACK_STRATEGY;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_INITIAL_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_MAX_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_NUM;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.RowType.RowField;

/** How rows are handled whose prediction fails. */
final class ErrorHandling implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final List<ConfigOption<?>> OF_RETRIES =
      List.of(
          RETRY_NUM,
          RETRY_INITIAL_BACKOFF,
          RETRY_MAX_BACKOFF,
          RETRY_FALLBACK_STRATEGY,
          RETRY_EXCEPTIONS);

  private static final double NO_LIMIT = 1;

  /** Null where no row is predicted again. */
  @Nullable final RetryPolicy retry;

  /** What happens to a row that is not predicted again; never RETRY. */
  final ErrorHandlingStrategy strategy;

  /** Null with other strategies than DEFAULT. */
  @Nullable final DefaultValue defaultValue;

  private final OutputLayout output;
  private final double maxRatio;
  private final Duration window;

  private ErrorHandling(
      @Nullable RetryPolicy retry,
      ErrorHandlingStrategy strategy,
      @Nullable DefaultValue defaultValue,
      OutputLayout output,
      double maxRatio,
      Duration window) {
    this.retry = retry;
    this.strategy = strategy;
    this.defaultValue = defaultValue;
    this.output = output;
    this.maxRatio = maxRatio;
    this.window = window;
  }

  /**
   * Reads the options of a model.
   *
   * @throws ValidationException if an option has an invalid value, or no effect with the others
   */
  static ErrorHandling of(ReadableConfig options, OutputLayout output) {
    ErrorHandlingStrategy strategy = options.get(ERROR_HANDLING_STRATEGY);
    ConfigOption<?> decides = ERROR_HANDLING_STRATEGY;
    RetryPolicy retry = null;
    if (strategy == ErrorHandlingStrategy.RETRY) {
      retry = RetryPolicy.of(options);
      strategy = options.get(RETRY_FALLBACK_STRATEGY).strategy;
      decides = RETRY_FALLBACK_STRATEGY;
    } else {
      OptionValues.refuseWithout(
          "'" + ERROR_HANDLING_STRATEGY.key() + "' = 'retry'", options, OF_RETRIES);
    }
    DefaultValue defaultValue = null;
    if (strategy == ErrorHandlingStrategy.DEFAULT) {
      defaultValue = DefaultValue.of(requireDefault(options, decides), output.predictedType());
    } else {
      OptionValues.refuseWithout(
          "'" + decides.key() + "' = 'default'", options, List.of(DEFAULT_VALUE));
    }
    if (output.hasErrorColumns()) {
      strategy = requireKept(options, strategy, decides, output);
    }
    if (strategy == ErrorHandlingStrategy.FAILOVER) {
      OptionValues.refuseWithout(
          "rows that may fail: another '" + decides.key() + "' than 'failover', or error columns",
          options,
          List.of(MAX_ERROR_RATIO, ERROR_WINDOW));
    }
    double maxRatio = options.get(MAX_ERROR_RATIO);
    Duration window = options.get(ERROR_WINDOW);
    if (options.getOptional(MAX_ERROR_RATIO).isPresent()) {
      OptionValues.require(
          maxRatio > 0 && maxRatio < NO_LIMIT,
          MAX_ERROR_RATIO,
          maxRatio,
          "more than 0 and less than 1");
    } else {
      OptionValues.refuseWithout("'" + MAX_ERROR_RATIO.key() + "'", options, List.of(ERROR_WINDOW));
    }
    OptionValues.require(window.toMillis() > 0, ERROR_WINDOW, window, "more than 0");
    return new ErrorHandling(retry, strategy, defaultValue, output, maxRatio, window);
  }

  OutputLayout output() {
    return output;
  }

  /** Returns the rate of one subtask, or null where all rows may fail. */
  @Nullable
  ErrorRate newRate(String model, PredictMetrics metrics) {
    return maxRatio < NO_LIMIT
        ? new ErrorRate(model, maxRatio, window, metrics::successes, System::nanoTime)
        : null;
  }

  /** With error columns, rows that fail are kept. */
  private static ErrorHandlingStrategy requireKept(
      ReadableConfig options,
      ErrorHandlingStrategy strategy,
      ConfigOption<?> decides,
      OutputLayout output) {
    if (strategy == ErrorHandlingStrategy.DEFAULT) {
      return strategy;
    }
    if (strategy == ErrorHandlingStrategy.FAILOVER && options.getOptional(decides).isPresent()) {
      throw new ValidationException(
          String.format(
              "Option '%s' is 'failover', but the error columns %s keep the rows that fail. Remove"
                  + " the option or the columns.",
              decides.key(), output.errorColumns()));
    }
    List<String> required =
        output.predictedType().getFields().stream()
            .filter(field -> !field.getType().isNullable())
            .map(RowField::getName)
            .collect(Collectors.toList());
    if (!required.isEmpty()) {
      throw new ValidationException(
          String.format(
              "The OUTPUT columns %s are NOT NULL, but are NULL in a row that fails, because it is"
                  + " kept for the error columns %s. Remove NOT NULL, or set '%s' = 'default' and"
                  + " '%s'.",
              Names.quoted(required), output.errorColumns(), decides.key(), DEFAULT_VALUE.key()));
    }
    return ErrorHandlingStrategy.IGNORE;
  }

  private static String requireDefault(ReadableConfig options, ConfigOption<?> decides) {
    return options
        .getOptional(DEFAULT_VALUE)
        .orElseThrow(
            () ->
                new ValidationException(
                    String.format(
                        "Option '%s' = 'default' needs '%s': a JSON object of the OUTPUT columns.",
                        decides.key(), DEFAULT_VALUE.key())));
  }
}
