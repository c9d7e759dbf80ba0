// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** How a row is handled that is not predicted again, because its last retry has failed. */
public enum RetryFallbackStrategy {
  /** The job fails. */
  FAILOVER(ErrorHandlingStrategy.FAILOVER),
  /** The row is dropped, with a warning in the log. */
  IGNORE(ErrorHandlingStrategy.IGNORE),
  /** The row gets the option default-value, with a warning in the log. */
  DEFAULT(ErrorHandlingStrategy.DEFAULT);

  final ErrorHandlingStrategy strategy;

  RetryFallbackStrategy(ErrorHandlingStrategy strategy) {
    this.strategy = strategy;
  }
}
