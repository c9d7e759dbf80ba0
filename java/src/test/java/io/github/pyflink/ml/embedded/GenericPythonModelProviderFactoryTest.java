// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.DAY;
import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.INT;
import static org.apache.flink.table.api.DataTypes.INTERVAL;
import static org.apache.flink.table.api.DataTypes.MAP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes.Field;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that cannot work fails when a query is planned and not on the cluster. */
class GenericPythonModelProviderFactoryTest {

  private static final Field AMOUNT = FIELD("amount", DOUBLE());
  private static final Field SCORE = FIELD("score", DOUBLE());

  private final Map<String, String> options =
      new HashMap<>(
          Map.of(
              "provider", "generic-python",
              "model-directory-path", "/models/fraud",
              "python-predict-class", "fraud.FraudModel"));

  /** The Python base class reads exactly this configuration (FLIP-552). */
  @Test
  void providerDescribesClassAndConfiguration() {
    options.put("properties.threshold", "0.7");

    PythonPredictFunction function = function();

    assertThat(function.getPythonClass()).isEqualTo("fraud.FraudModel");
    assertThat(function.getModelConfig())
        .isEqualTo(
            "{\"model_directory_path\":\"/models/fraud\","
                + "\"python_class_name\":\"fraud.FraudModel\","
                + "\"properties\":{\"threshold\":\"0.7\"},"
                + "\"input_schema\":{\"field_count\":1,"
                + "\"field_0\":{\"name\":\"amount\",\"type\":\"DOUBLE\",\"index\":0}},"
                + "\"output_schema\":{\"field_count\":1,"
                + "\"field_0\":{\"name\":\"score\",\"type\":\"DOUBLE\",\"index\":0}}}");
  }

  /** The planner works with copies of the provider. */
  @Test
  void copyDescribesTheSameFunction() {
    ModelProvider provider = provider(AMOUNT, SCORE);

    assertThat(provider.copy())
        .isNotSameAs(provider)
        .isInstanceOfSatisfying(
            PythonPredictRuntimeProvider.class,
            copy ->
                assertThat(copy.getPythonPredictFunction().getPythonClass())
                    .isEqualTo("fraud.FraudModel"));
  }

  /** Python then finds the class by the files of the model. */
  @Test
  void missingClassIsNull() {
    options.remove("python-predict-class");

    PythonPredictFunction function = function();

    assertThat(function.getPythonClass()).isNull();
    assertThat(function.getModelConfig()).contains("\"python_class_name\":null");
  }

  /** A negative interval has no meaning. */
  @Test
  void negativeReloadIntervalIsRejected() {
    options.put("model-reload-interval", "-1 s");

    assertThatThrownBy(this::function)
        .isInstanceOf(ValidationException.class)
        .hasStackTraceContaining("model-reload-interval");
  }

  /** An option without effect would go unnoticed. */
  @Test
  void loadingOptionsAreUsed() {
    options.put("model-reload-interval", "10 s");
    options.put("warm-up", "true");

    Loading loading = loading();

    assertThat(function()).isNotNull();
    assertThat(loading.reloadInterval).isEqualTo(Duration.ofSeconds(10));
    assertThat(loading.warmUp).isTrue();
    assertThat(loading.source).isNotNull();
  }

  /** Jobs must not change their behaviour without an option. */
  @Test
  void reloadingAndWarmUpAreOffByDefault() {
    Loading loading = loading();

    assertThat(loading.reloads()).isFalse();
    assertThat(loading.warmUp).isFalse();
  }

  /** A provider of another project may have no directory to watch. */
  @Test
  void reloadingWithoutADirectoryIsRejected() {
    options.remove("model-directory-path");

    assertThat(loading().source).isNull();

    options.put("model-reload-interval", "10 s");

    assertThatThrownBy(this::loading)
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("'model-reload-interval' needs the option 'model-directory-path'");
  }

  /** The option is required, and Flink's message must name it. */
  @Test
  void missingDirectoryOptionIsReported() {
    options.remove("model-directory-path");

    assertThatThrownBy(this::function)
        .isInstanceOf(ValidationException.class)
        .hasStackTraceContaining("model-directory-path");
  }

  /** A misspelt option must not be ignored. */
  @Test
  void unknownOptionIsRejectedWithTheValidOnes() {
    options.put("python-class", "fraud.FraudModel");

    assertThatThrownBy(this::function)
        .isInstanceOf(ValidationException.class)
        .hasStackTraceContaining("python-class")
        .hasStackTraceContaining("python-predict-class")
        .hasStackTraceContaining("python.executable");
  }

  /** The factory must declare them, or Flink rejects the model. */
  @Test
  void optionsOfWorkerProcessesAreAccepted() {
    options.put("execution-mode", "process");
    options.put("python-environment", "s3://bucket/environments/fraud.tar.gz");
    options.put("process-count", "1");
    options.put("process-memory", "2 gb");
    options.put("predict-timeout", "10 s");
    options.put("process-max-restarts", "0");
    options.put("process-restart-window", "1 h");

    assertThat(function().getPythonClass()).isEqualTo("fraud.FraudModel");
  }

  /** An option without effect would go unnoticed. */
  @ParameterizedTest
  @CsvSource({
    "thread, python-environment, /venv.tar.gz, process",
    "thread, process-count, 1, process",
    "thread, process-memory, 1 gb, process",
    "thread, process-max-restarts, 1, process",
    "thread, process-restart-window, 1 s, process",
    "process, python-thread, true, thread",
    "process, share-python-thread, false, thread",
  })
  void optionOfTheOtherExecutionModeIsRejected(
      String mode, String option, String value, String needed) {
    options.put("execution-mode", mode);
    options.put(option, value);

    assertThatThrownBy(this::function)
        .hasStackTraceContaining(
            "Option '" + option + "' needs 'execution-mode' = '" + needed + "'");
  }

  /** One of them would have no effect. */
  @Test
  void environmentAndExecutableAreRejected() {
    options.put("execution-mode", "process");
    options.put("python-environment", "/venv.tar.gz");
    options.put("python.executable", "/venv/bin/python");

    assertThatThrownBy(this::function)
        .hasStackTraceContaining("'python-environment' and 'python.executable' both say");
  }

  /** Such a value would make a job fail that has just started. */
  @ParameterizedTest
  @CsvSource({
    "process-count, 0, at least 1",
    "process-count, many, an integer",
    "process-memory, much, a size",
    "predict-timeout, -1 s, a duration of 0 or more",
    "predict-timeout, soon, a duration",
    "process-max-restarts, -1, 0 or more",
    "process-restart-window, 0 s, more than 0",
  })
  void invalidOptionOfWorkerProcessesIsRejected(String option, String value, String valid) {
    options.put("execution-mode", "process");
    options.put(option, value);

    assertThatThrownBy(this::function)
        .hasStackTraceContaining("Option '" + option + "' is ")
        .hasStackTraceContaining("it must be " + valid);
  }

  /** The factory must declare them, or Flink rejects the model. */
  @Test
  void modelCacheOptionsAreAccepted() {
    options.put("model-directory-path", "s3://bucket/models/fraud");
    options.put("model-cache-directory", "/cache");
    options.put("model-cache-max-size", "2 gb");

    assertThat(function().getPythonClass()).isEqualTo("fraud.FraudModel");
  }

  /** The model must fail at planning, with the path of the column. */
  @Test
  void unsupportedInputTypeIsRejectedWithTheSupportedOnes() {
    assertThatThrownBy(() -> provider(FIELD("history", ARRAY(INTERVAL(DAY()))), SCORE))
        .isInstanceOf(ValidationException.class)
        .hasStackTraceContaining(
            "Model 'catalog.database.fraud': column 'history[]' is of type INTERVAL DAY(2), which"
                + " is not supported. Supported are BOOLEAN, TINYINT,");
  }

  /** OUTPUT is checked like INPUT. */
  @Test
  void unsupportedOutputTypeIsRejected() {
    assertThatThrownBy(() -> provider(AMOUNT, FIELD("scores", MAP(ARRAY(INT()), DOUBLE()))))
        .hasStackTraceContaining("column 'scores.key' is of type ARRAY<INT>");
  }

  /** The value may be the secret itself, which must not be in the message. */
  @ParameterizedTest
  @ValueSource(strings = {"s3cr3t-value", "file:s3cr3t-value", "env:", "https://u:s3cr3t-value@h"})
  void secretThatIsNotAReferenceIsRejectedWithoutItsValue(String value) {
    options.put("properties.secret.key", value);

    assertThatThrownBy(this::function)
        .hasStackTraceContaining(
            "Option 'properties.secret.key' must be 'file:/path' or 'env:NAME'")
        .satisfies(
            failure ->
                assertThat(ExceptionUtils.stringifyException(failure))
                    .doesNotContain("s3cr3t-value"));
  }

  /** Only a reference is part of the plan. */
  @Test
  void secretIsPassedOnAsAReference() {
    options.put("properties.secret.key", "file:/run/secrets/key");

    assertThat(function().getModelConfig())
        .contains("\"properties\":{\"secret.key\":\"file:/run/secrets/key\"}");
  }

  /** One of them would have no effect. */
  @Test
  void propertyAndSecretOfOneNameAreRejected() {
    options.put("properties.key", "a");
    options.put("properties.secret.key", "env:KEY");

    assertThatThrownBy(this::function)
        .hasStackTraceContaining(
            "Options 'properties.key' and 'properties.secret.key' both set the property 'key'");
  }

  /** An operator's configuration counts, whatever the model says. */
  @ParameterizedTest
  @CsvSource({"true,true,true", "true,false,false", "false,true,false"})
  void picklesAreAllowedWhereNothingForbidsThem(String model, String cluster, boolean allowed) {
    options.put("allow-pickle", model);
    Configuration flink = Configuration.fromMap(Map.of("ml.generic-python.allow-pickle", cluster));

    assertThat(Loading.of(Configuration.fromMap(options), flink).allowPickle).isEqualTo(allowed);
  }

  private Loading loading() {
    return Loading.of(Configuration.fromMap(options), new Configuration());
  }

  private PythonPredictFunction function() {
    return ((PythonPredictRuntimeProvider) provider(AMOUNT, SCORE)).getPythonPredictFunction();
  }

  private ModelProvider provider(Field input, Field output) {
    return Models.provider(options, new Configuration(), input, output);
  }
}
