package io.github.pyflink.ml.embedded;

/** What becomes of a row whose prediction fails. */
public enum ErrorHandlingStrategy {
  /** The job fails. */
  FAILOVER,
  /** The row is dropped, with a warning in the log. */
  IGNORE
}
