// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The option metrics-level decides which metrics a model has. */
@NeedsPython
class MetricsLevelTest {

  private static final ResolvedSchema COLUMNS =
      ResolvedSchema.of(Column.physical("x", DataTypes.DOUBLE()));

  /** Those of batches, of worker processes and of reloading are tested on a cluster. */
  private static final Pattern OTHERS =
      Pattern.compile("batch_size|inference_waiting_ms|worker_.*|model_reloads.*");

  /** Each has its name and its type. */
  private final Set<String> metrics = new TreeSet<>();

  private final Set<String> groups = new TreeSet<>();

  /** A reporter costs more for each of them. */
  @ParameterizedTest
  @ValueSource(strings = {"basic", "detailed"})
  void levelHasTheMetricsThatTheDocumentationLists(String level) throws Exception {
    open(Map.of("metrics-level", level)).close();

    assertThat(metrics).isEqualTo(documented(level));
    assertThat(groups).containsExactly("model_inference=catalog.database.model");
  }

  @Test
  void basicIsTheDefault() throws Exception {
    open(Map.of()).close();

    assertThat(metrics).isEqualTo(documented("basic"));
  }

  @Test
  void offRegistersNothing() throws Exception {
    open(Map.of("metrics-level", "off")).close();

    assertThat(metrics).isEmpty();
    assertThat(groups).isEmpty();
  }

  @Test
  void unknownLevelIsRefused() {
    assertThatThrownBy(() -> open(Map.of("metrics-level", "all")))
        .isInstanceOf(ValidationException.class)
        .hasStackTraceContaining("metrics-level");
  }

  private PredictFunction open(Map<String, String> options) throws Exception {
    return PredictFunctions.open("batches.Rows", COLUMNS, COLUMNS, options, new RecordingGroup());
  }

  private static Set<String> documented(String level) throws IOException {
    String levels = level.equals("basic") ? "basic" : "basic|detailed";
    Pattern row =
        Pattern.compile(
            "^\\| `(\\w+)` \\| (counter|gauge|histogram) \\| \\w+ \\| (?:" + levels + ") \\|",
            Pattern.MULTILINE);
    return row.matcher(Files.readString(Path.of("../docs/metrics.md")))
        .results()
        .filter(match -> !OTHERS.matcher(match.group(1)).matches())
        .map(match -> match.group(1) + " " + match.group(2))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private final class RecordingGroup extends UnregisteredMetricsGroup {

    @Override
    public MetricGroup addGroup(String key, String value) {
      groups.add(key + "=" + value);
      return this;
    }

    @Override
    public <C extends Counter> C counter(String name, C counter) {
      metrics.add(name + " counter");
      return counter;
    }

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
      metrics.add(name + " gauge");
      return gauge;
    }

    @Override
    public <H extends Histogram> H histogram(String name, H histogram) {
      metrics.add(name + " histogram");
      return histogram;
    }
  }
}
