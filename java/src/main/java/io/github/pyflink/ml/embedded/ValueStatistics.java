// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Arrays;
import org.apache.flink.metrics.HistogramStatistics;

/** The statistics of some values. Flink's minimum and maximum are integers: they are rounded. */
final class ValueStatistics extends HistogramStatistics {

  /** Ascending. */
  private final double[] values;

  /** Takes the values. */
  ValueStatistics(double[] values) {
    Arrays.sort(values);
    this.values = values;
  }

  /** Interpolates between the two nearest values. */
  @Override
  public double getQuantile(double quantile) {
    if (values.length == 0) {
      return 0;
    }
    double position = quantile * (values.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, values.length - 1);
    return values[below] + (position - below) * (values[above] - values[below]);
  }

  @Override
  public long[] getValues() {
    return Arrays.stream(values).mapToLong(Math::round).toArray();
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public double getMean() {
    return Arrays.stream(values).average().orElse(0);
  }

  @Override
  public double getStdDev() {
    double mean = getMean();
    double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
    return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
  }

  @Override
  public long getMax() {
    return values.length == 0 ? 0 : (long) Math.ceil(values[values.length - 1]);
  }

  @Override
  public long getMin() {
    return values.length == 0 ? 0 : (long) Math.floor(values[0]);
  }
}
