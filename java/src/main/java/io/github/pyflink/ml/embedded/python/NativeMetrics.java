// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * The metrics that native code and user code write to the memory of one open function. Reads the
 * memory until it is closed, which must happen before the memory is freed; then each metric keeps
 * its last value. For any thread.
 */
@Internal
public final class NativeMetrics implements AutoCloseable {

  /** The number of the last values that a distribution has, as in native/metrics_memory.h. */
  private static final int WINDOW = 512;

  private static final int DESCRIPTION = 0;
  private static final int DESCRIPTION_SIZE = 8;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final List<NativeMetric> metrics = new ArrayList<>();

  /** Null once closed. */
  @GuardedBy("this")
  @Nullable
  private ByteBuffer memory;

  /** Reads the names of the metrics from the memory, which is borrowed until {@link #close}. */
  public NativeMetrics(ByteBuffer memory) {
    this.memory = memory.order(ByteOrder.nativeOrder());
    for (JsonNode description : parse(memory)) {
      metrics.add(new NativeMetric(this, description));
    }
  }

  public List<NativeMetric> metrics() {
    return metrics;
  }

  @Override
  public synchronized void close() {
    if (memory != null) {
      metrics.forEach(NativeMetric::keepValue);
      memory = null;
    }
  }

  synchronized boolean isClosed() {
    return memory == null;
  }

  synchronized long count(int offset, long kept) {
    return memory == null ? kept : memory.getLong(offset);
  }

  synchronized double value(int offset, double kept) {
    return memory == null ? kept : memory.getDouble(offset);
  }

  /** Returns the last values of a distribution. */
  synchronized double[] values(int offset, double[] kept) {
    if (memory == null) {
      return kept;
    }
    double[] values = new double[(int) Math.min(WINDOW, memory.getLong(offset))];
    for (int i = 0; i < values.length; i++) {
      values[i] = memory.getDouble(offset + 8 + 8 * i);
    }
    return values;
  }

  private static JsonNode parse(ByteBuffer memory) {
    byte[] json = new byte[(int) memory.getLong(DESCRIPTION_SIZE)];
    ByteBuffer part = memory.duplicate();
    part.position((int) memory.getLong(DESCRIPTION));
    part.get(json);
    try {
      return MAPPER.readTree(new String(json, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The description of metrics is not JSON", e);
    }
  }
}
