// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

/** How a row is handled whose prediction fails. */
public enum ErrorHandlingStrategy {
  /** The job fails. */
  FAILOVER,
  /** The row is predicted again. */
  RETRY,
  /** The row is dropped, with a warning in the log. */
  IGNORE,
  /** The row gets the option default-value, with a warning in the log. */
  DEFAULT
}
