// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/** The option {@code predict-timeout}: how long a call may take. */
@Internal
public final class TimeLimit implements Serializable {

  private static final long serialVersionUID = 1L;

  /** How long a call may take when its job is cancelled. */
  public static final Duration CANCEL_LIMIT = Duration.ofSeconds(1);

  /**
   * Looks at the calls of all functions, and does not wait for any of them. Not at each call: it
   * looks often enough to see when a call has taken too long.
   */
  public static final SharedThread WATCHDOG = new SharedThread("pyflink-ml-embedded-watchdog");

  private static final int LOOKS = 20;

  private final Duration limit;

  /** Takes the value of the option; 0 means no limit. */
  public TimeLimit(Duration limit) {
    this.limit = limit;
  }

  /** Returns the value of the option; 0 means no limit. */
  public Duration duration() {
    return limit;
  }

  public boolean isSet() {
    return !limit.isZero();
  }

  /** Returns whether a call that has run for this time has taken too long. */
  public boolean isExceededBy(long nanos) {
    return isSet() && nanos > limit.toNanos();
  }

  /** Returns how often calls are looked at. */
  public Duration interval() {
    return limit.dividedBy(LOOKS);
  }

  /** Returns the limit as the option was set, for example "300 ms". */
  @Override
  public String toString() {
    return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
  }
}
