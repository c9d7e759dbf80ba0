// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Retries become rarer, so that a service that is down can recover. */
class RetryPolicyTest {

  private static final int SAMPLES = 1000;

  /** Rows that failed together must not come back together. */
  @ParameterizedTest
  @CsvSource({"1, 100", "2, 200", "5, 1600", "9, 25600", "10, 30000", "100, 30000"})
  void waitIsDoubledAndPartlyRandom(int tries, long longest) {
    RetryPolicy policy = RetryPolicy.of(new Configuration());

    assertThat(
            IntStream.range(0, SAMPLES)
                .mapToObj(i -> policy.backoff(tries).toMillis())
                .collect(Collectors.toSet()))
        .allMatch(wait -> wait >= longest / 2 && wait <= longest)
        .hasSizeGreaterThan(10);
  }

  /** Flink's timeout would end the job before the last retry. */
  @Test
  void retriesAreComparedWithATimeLimit() {
    RetryPolicy three =
        RetryPolicy.of(
            Configuration.fromMap(Map.of("retry-num", "3", "retry-initial-backoff", "1 s")));

    assertThat(three.mayExceed(Duration.ofSeconds(7))).isFalse();
    assertThat(three.mayExceed(Duration.ofMillis(6999))).isTrue();
  }
}
