// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that watch a model are checked when a query is planned. */
class MonitoringOptionsTest {

  private final Map<String, String> options =
      new HashMap<>(Map.of("provider", "generic-python", "model-directory-path", "/models/fraud"));

  /** The factory must declare them, or Flink rejects the model. */
  @Test
  void optionsAreAcceptedAndPassedOn() {
    options.put("slow-predict-threshold", "2 s");
    options.put("profile-directory", "/profiles");
    options.put("tap-directory", "/taps");
    options.put("tap-ratio", "0.25");
    plan();

    assertThat(Monitoring.of(Configuration.fromMap(options)).toJson("v7", 3))
        .hasToString(
            "{\"slow_predict_ms\":2000,\"profile_directory\":\"/profiles\","
                + "\"tap_directory\":\"/taps\",\"tap_ratio\":0.25,\"version\":\"v7\","
                + "\"attempt\":3}");
  }

  /** What nobody watches costs nothing. */
  @Test
  void nothingIsPassedOnWithoutAnOption() {
    assertThat(Monitoring.of(new Configuration()).toJson("v7", 0)).isNull();
  }

  /** A job that has run for a day would find its files nowhere. */
  @ParameterizedTest
  @CsvSource({
    "slow-predict-threshold, -1 s, a duration of 0 or more",
    "slow-predict-threshold, 10 micro, '0, or 1 ms or more'",
    "profile-directory, profiles, an absolute path on every TaskManager",
    "tap-directory, taps, an absolute path on every TaskManager",
  })
  void invalidValueIsRejected(String option, String value, String valid) {
    options.put(option, value);

    assertThatThrownBy(this::plan)
        .hasStackTraceContaining("Option '" + option + "' is ")
        .hasStackTraceContaining("it must be " + valid);
  }

  /** A ratio of 0 would write nothing, and one of 10 is meant as per cent. */
  @ParameterizedTest
  @CsvSource({"0", "10", "-0.1", "NaN"})
  void invalidRatioIsRejected(String ratio) {
    options.put("tap-directory", "/taps");
    options.put("tap-ratio", ratio);

    assertThatThrownBy(this::plan)
        .hasStackTraceContaining("Option 'tap-ratio' is ")
        .hasStackTraceContaining("it must be above 0 and at most 1");
  }

  /** Flink would report a cause without the option. */
  @Test
  void ratioThatIsNotANumberIsRejected() {
    options.put("tap-directory", "/taps");
    options.put("tap-ratio", "some");

    assertThatThrownBy(this::plan)
        .hasStackTraceContaining("Option 'tap-ratio' is 'some'; it must be a number, such as");
  }

  /** The ratio alone writes nothing. */
  @Test
  void ratioWithoutADirectoryIsRejected() {
    options.put("tap-ratio", "0.5");

    assertThatThrownBy(this::plan)
        .hasStackTraceContaining("Option 'tap-ratio' needs the option 'tap-directory'");
  }

  private void plan() {
    Models.provider(
        options, new Configuration(), FIELD("amount", DOUBLE()), FIELD("score", DOUBLE()));
  }
}
