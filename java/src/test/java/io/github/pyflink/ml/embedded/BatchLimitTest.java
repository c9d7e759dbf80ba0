// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Batches are smaller while memory is short, and not for ever. */
class BatchLimitTest {

  private long now;

  private final BatchLimit limit = new BatchLimit("fraud", 100, () -> now);

  /** Other processes of the GPU may have needed its memory for a while only. */
  @Test
  void smallerSizeIsKeptForAWhileAndThenDoubled() {
    assertThat(limit.rows()).isEqualTo(100);
    limit.exceeded(100, "MemoryError");
    limit.exceeded(50, "MemoryError");
    now += BatchLimit.KEPT.toNanos() - 1;
    assertThat(limit.rows()).isEqualTo(25);
    now++;
    assertThat(limit.rows()).isEqualTo(50);
    assertThat(limit.rows()).isEqualTo(50);
    now += BatchLimit.KEPT.toNanos();
    assertThat(limit.rows()).isEqualTo(100);
    now += BatchLimit.KEPT.toNanos();
    assertThat(limit.rows()).isEqualTo(100);
  }
}
