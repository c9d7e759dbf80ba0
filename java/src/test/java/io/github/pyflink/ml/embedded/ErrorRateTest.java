// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Failed rows fail a job only where they are many, and together. */
class ErrorRateTest {

  private static final RuntimeException FAILURE = new IllegalArgumentException("row 7: too large");

  private long succeeded;
  private long now;

  private final ErrorRate rate =
      new ErrorRate("fraud", 0.1, Duration.ofMinutes(1), () -> succeeded, () -> now);

  /** The message must say what has happened, what is allowed, and what was wrong. */
  @Test
  void moreRowsThanAllowedFailTheJob() {
    fail(1);
    succeeded += 95;
    now += TimeUnit.SECONDS.toNanos(5);
    fail(9); // of 105

    assertThatThrownBy(() -> rate.failed(FAILURE))
        .hasMessage(
            "model 'fraud': 11 of 106 rows have failed within 5 s, which is a ratio of 0.104;"
                + " 'max-error-ratio' is 0.1 and 'error-window' is 1 min. Correct the model or the"
                + " rows, or raise 'max-error-ratio'. The last error: row 7: too large");
  }

  /** The first rows of a job may fail by chance. */
  @Test
  void fewRowsFailNoJob() {
    assertThatCode(() -> fail(ErrorRate.MIN_ROWS - 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> rate.failed(FAILURE)).hasMessageContaining("100 of 100 rows");
  }

  /** A day of good rows must not hide an outage. */
  @Test
  void rowsBeforeTheWindowDoNotCount() {
    succeeded = 1_000_000;
    fail(1);
    now += TimeUnit.HOURS.toNanos(24);
    succeeded += 1_000_000;
    fail(99);

    assertThatThrownBy(() -> rate.failed(FAILURE)).hasMessageContaining("100 of 100 rows");
  }

  private void fail(int rows) {
    for (int i = 0; i < rows; i++) {
      rate.failed(FAILURE);
    }
  }
}
