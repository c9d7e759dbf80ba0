// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flink fails a job whose rows wait too long, and its message does not say what to change. */
@NeedsPython
@Timeout(120)
class WaitingTimesTest {

  private static final String WARNING = "so the last of 12 rows in flight may wait";

  /** The warning must come before the failure, which is the same after each restart. */
  @Test
  void jobThatCannotSucceedIsExplained() {
    try (LogCapture log = new LogCapture()) {
      String failure = failureOf(12, "slow", "thread", "false", "1 s");

      assertThat(failure).contains("Async function call has timed out");
      assertThat(log.text())
          .containsOnlyOnce(WARNING)
          .containsPattern(
              "Model '[^']*slow': a row takes 0\\.1[2-9]\\d* s, so the last of 12 rows in flight may"
                  + " wait [12] s, but Flink fails the job when a row waits longer than 1\\.00 s\\."
                  + " Set 'max-concurrent-operations' to [34] or less in the CONFIG of ML_PREDICT,"
                  + " or 'timeout' to '[345] s' or more");
    }
  }

  /** What the warning recommends must help. */
  @ParameterizedTest
  @CsvSource({"2, 1 s", "12, 5 s", "12, 0 s"})
  void recommendedSettingsSucceed(int rows, String timeout) {
    try (LogCapture log = new LogCapture()) {
      assertThat(query(session("thread", "false", "fast"), rows, timeout, "fast")).isEqualTo(24);
      assertThat(log.text()).doesNotContain("rows in flight may wait");
    }
  }

  /** A first batch that takes longer than the limit is no reason to say nothing. */
  @Test
  void firstCallThatTakesTooLongIsExplained() {
    try (LogCapture log = new LogCapture()) {
      assertThat(failureOf(12, "slowest", "thread", "false", "100 ms"))
          .contains("Async function call has timed out");
      assertThat(log.text()).containsOnlyOnce(WARNING);
    }
  }

  /** With the sample row, the user need not wait for the failure. */
  @ParameterizedTest
  @CsvSource({"thread", "process"})
  void sampleRowIsEnough(String mode) {
    try (LogCapture log = new LogCapture()) {
      failureOf(12, "warm", mode, "true", "1 s");
      assertThat(log.text()).containsOnlyOnce(WARNING);
    }
  }

  private static String failureOf(
      int inFlight, String model, String mode, String warmUp, String timeout) {
    return session(mode, warmUp, model).failureOf(statement(inFlight, timeout, model));
  }

  private static int query(SqlSession session, int inFlight, String timeout, String model) {
    return session.query(statement(inFlight, timeout, model)).size();
  }

  private static SqlSession session(String mode, String warmUp, String model) {
    String[] numbers = IntStream.range(0, 24).mapToObj(Integer::toString).toArray(String[]::new);
    return new SqlSession()
        .csvTable("numbers", "x DOUBLE", numbers)
        .model(
            model,
            "x DOUBLE",
            "y DOUBLE",
            "slow.Paced",
            "batch-size",
            "4",
            "execution-mode",
            mode,
            "warm-up",
            warmUp,
            "properties.seconds",
            "0.12");
  }

  private static String statement(int inFlight, String timeout, String model) {
    return String.format(
        "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL %s, DESCRIPTOR(x),"
            + " MAP['max-concurrent-operations', '%d', 'timeout', '%s'])",
        model, inFlight, timeout);
  }
}
