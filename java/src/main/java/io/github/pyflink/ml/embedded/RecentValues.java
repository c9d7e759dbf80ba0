// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Arrays;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;

/** The last values, and the number of all. For any thread. */
final class RecentValues implements Histogram {

  private static final int KEPT = 512;

  private final double scale;

  @GuardedBy("this")
  private final double[] values = new double[KEPT];

  @GuardedBy("this")
  private long count;

  /** Creates an empty histogram of values that are multiplied by {@code scale}. */
  RecentValues(double scale) {
    this.scale = scale;
  }

  @Override
  public synchronized void update(long value) {
    values[(int) (count++ % KEPT)] = value * scale;
  }

  @Override
  public synchronized long getCount() {
    return count;
  }

  @Override
  public synchronized HistogramStatistics getStatistics() {
    return new ValueStatistics(Arrays.copyOf(values, (int) Math.min(count, KEPT)));
  }
}
