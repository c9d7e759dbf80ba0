// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** One metric of a function. Its value can be read after the function is closed. For any thread. */
@Internal
public final class NativeMetric {

  /** What the metric is; {@code pyflink_ml_embedded/_metrics.py} writes the names. */
  public enum Kind {
    COUNTER,
    METER,
    GAUGE,
    DISTRIBUTION
  }

  private static final double[] NO_VALUES = {};

  private final NativeMetrics memory;
  private final Kind kind;
  private final String name;
  @Nullable private final List<Group> groups;
  private final int offset;
  private final double scale;
  private final boolean isDetailed;
  private final int spanSeconds;

  private volatile long keptCount;
  private volatile double keptValue;

  NativeMetric(NativeMetrics memory, JsonNode description) {
    this.memory = memory;
    this.kind = Kind.valueOf(description.path("kind").asText().toUpperCase(Locale.ROOT));
    this.name = description.path("name").asText();
    this.groups = groups(description.path("groups"));
    this.offset = description.path("offset").asInt();
    this.scale = description.path("scale").asDouble(1);
    this.isDetailed = description.path("level").asText().equals("detailed");
    this.spanSeconds = description.path("span").asInt();
  }

  public Kind kind() {
    return kind;
  }

  public String name() {
    return name;
  }

  /** Returns the groups of a metric of user code, or null for one of this project. */
  @Nullable
  public List<Group> groups() {
    return groups;
  }

  public boolean isDetailed() {
    return isDetailed;
  }

  /** Returns the period over which a meter computes its rate. */
  public int spanSeconds() {
    return spanSeconds;
  }

  /** Returns whether the value can no longer change. */
  public boolean isClosed() {
    return memory.isClosed();
  }

  /** Returns the count of a counter or meter, or the number of values of a distribution. */
  public long count() {
    return memory.count(offset, keptCount);
  }

  /** Returns the value of a gauge. */
  public double value() {
    return scale * memory.value(offset, keptValue);
  }

  /** Returns the last values of a distribution; none after the function is closed. */
  public double[] values() {
    double[] values = memory.values(offset, NO_VALUES);
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale;
    }
    return values;
  }

  void keepValue() {
    keptCount = memory.count(offset, 0);
    keptValue = memory.value(offset, 0);
  }

  @Nullable
  private static List<Group> groups(JsonNode description) {
    if (!description.isArray()) {
      return null;
    }
    List<Group> groups = new ArrayList<>();
    description.forEach(
        group -> groups.add(new Group(group.get(0).asText(), group.get(1).textValue())));
    return groups;
  }

  /** A group of user code: a name, or a key and its value. */
  public static final class Group {

    public final String name;
    @Nullable public final String value;

    Group(String name, @Nullable String value) {
      this.name = name;
      this.value = value;
    }

    @Override
    public String toString() {
      return value == null ? name : name + "=" + value;
    }
  }
}
