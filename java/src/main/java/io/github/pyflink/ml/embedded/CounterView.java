// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;

/** A counter that is counted elsewhere. */
final class CounterView implements Counter {

  private final LongSupplier count;

  CounterView(LongSupplier count) {
    this.count = count;
  }

  @Override
  public long getCount() {
    return count.getAsLong();
  }

  @Override
  public void inc() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void inc(long n) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dec() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dec(long n) {
    throw new UnsupportedOperationException();
  }
}
