// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_EXCEPTIONS;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_INITIAL_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_MAX_BACKOFF;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.RETRY_NUM;

import io.github.pyflink.ml.embedded.python.PythonException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Which rows are predicted again, and when. */
final class RetryPolicy implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Pattern CLASS_NAME = Pattern.compile("[^\\W\\d]\\w*(\\.[^\\W\\d]\\w*)*");

  final int retries;
  private final Duration initialBackoff;
  private final Duration maxBackoff;

  /** The names of the exceptions that are worth a retry; empty if all are. */
  private final List<String> exceptions;

  private RetryPolicy(
      int retries, Duration initialBackoff, Duration maxBackoff, List<String> exceptions) {
    this.retries = retries;
    this.initialBackoff = initialBackoff;
    this.maxBackoff = maxBackoff;
    this.exceptions = exceptions;
  }

  /**
   * Reads the options of a model.
   *
   * @throws ValidationException if an option has an invalid value
   */
  static RetryPolicy of(ReadableConfig options) {
    int retries = options.get(RETRY_NUM);
    Duration initial = options.get(RETRY_INITIAL_BACKOFF);
    Duration max = options.get(RETRY_MAX_BACKOFF);
    List<String> exceptions = options.getOptional(RETRY_EXCEPTIONS).orElse(List.of());
    OptionValues.require(retries >= 1, RETRY_NUM, retries, "at least 1");
    OptionValues.require(
        initial.toMillis() > 0, RETRY_INITIAL_BACKOFF, initial.toMillis() + " ms", "more than 0");
    OptionValues.require(
        max.compareTo(initial) >= 0,
        RETRY_MAX_BACKOFF,
        max.toMillis() + " ms",
        "at least '" + RETRY_INITIAL_BACKOFF.key() + "', which is " + initial.toMillis() + " ms");
    for (String name : exceptions) {
      OptionValues.require(
          CLASS_NAME.matcher(name).matches(),
          RETRY_EXCEPTIONS,
          "'" + String.join(";", exceptions) + "'",
          "names of Python classes, such as 'TimeoutError;requests.exceptions.ConnectionError'");
    }
    return new RetryPolicy(retries, initial, max, new ArrayList<>(exceptions));
  }

  /**
   * Returns whether a row is predicted again. A row without a Python exception is not: its fields
   * do not fit, or it has ended two processes already.
   *
   * @param tries how often the row has been predicted
   */
  boolean allows(int tries, RuntimeException failure) {
    if (tries > retries || !(failure instanceof PythonException)) {
      return false;
    }
    List<String> classes = ((PythonException) failure).classNames();
    return exceptions.isEmpty()
        ? !classes.isEmpty()
        : classes.stream()
            .anyMatch(name -> exceptions.stream().anyMatch(wanted -> is(name, wanted)));
  }

  /**
   * Returns how long a row waits after a number of tries. The time is reduced by a random part, at
   * most a half, so that rows that failed together do not come back together.
   */
  Duration backoff(int tries) {
    long longest = longestBackoff(tries);
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }

  /** Returns whether all retries of a row may take longer than a time limit, without any call. */
  boolean mayExceed(Duration limit) {
    long remaining = limit.toMillis();
    for (int tries = 1; tries <= retries && remaining >= 0; tries++) {
      remaining -= longestBackoff(tries);
    }
    return remaining < 0;
  }

  private long longestBackoff(int tries) {
    double doubled = initialBackoff.toMillis() * Math.pow(2, tries - 1);
    return (long) Math.min(maxBackoff.toMillis(), doubled);
  }

  private static boolean is(String name, String wanted) {
    return name.equals(wanted) || name.endsWith("." + wanted);
  }
}
