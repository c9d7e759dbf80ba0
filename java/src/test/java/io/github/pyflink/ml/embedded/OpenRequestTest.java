// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pyflink.ml.embedded.OpenRequest.WarmUp;
import io.github.pyflink.ml.embedded.python.TimeLimit;
import io.github.pyflink.ml.embedded.source.Dependencies;
import io.github.pyflink.ml.embedded.source.ModelDirectory;
import io.github.pyflink.ml.embedded.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import javax.annotation.Nullable;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Python opens exactly what the model's options and its provider describe. */
class OpenRequestTest {

  private static final Dependencies NO_DEPENDENCIES =
      Dependencies.of(new Configuration(), new Configuration());

  private static final RowType TYPE =
      RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"x"});

  @TempDir private Path directory;

  /** Python writes this form from the rest of the request, so nothing is sent twice. */
  @Test
  void configurationOfFlip552IsNotRepeated() throws IOException {
    String config =
        ModelConfig.of(
                "/models/fraud",
                "fraud.Model",
                JsonNodeFactory.instance.objectNode().put("threshold", "0.7"),
                TYPE,
                TYPE)
            .toString();

    JsonNode request = request(config, null);

    assertThat(request.get("model_config").isNull()).isTrue();
    assertThat(request.get("properties")).hasToString("{\"threshold\":\"0.7\"}");
    assertThat(request.get("files"))
        .hasToString(
            "{\"origin\":\"/models/fraud\",\"fetcher\":\"jvm\",\"directory\":\"/models/fraud\"}");
  }

  /** A provider may add fields to FLIP-552's form, which only its Python class knows. */
  @Test
  void jsonOfAProviderIsPartOfTheRequest() throws IOException {
    String config = "{\"properties\":{\"a\":\"b\"},\"weights\":[1,2]}";

    JsonNode request = request(config, null);

    assertThat(request.get("model_config")).hasToString(config);
    assertThat(request.get("properties")).hasToString("{\"a\":\"b\"}");
    assertThat(request.get("files").isNull()).isTrue();
  }

  /** Python hides their values, and does not know Flink's list of names. */
  @Test
  void propertiesThatFlinkMasksAreNamed() throws IOException {
    String config = "{\"properties\":{\"api-key\":\"k\",\"a\":\"b\",\"secret.x\":\"env:X\"}}";

    JsonNode request = request(config, null);

    assertThat(request.get("sensitive_properties")).hasToString("[\"api-key\"]");
  }

  /** A provider's form need not be JSON. */
  @Test
  void textOfAProviderIsSentUnchanged() throws IOException {
    JsonNode request = request("<model weights='3'/>", null);

    assertThat(request.get("model_config").textValue()).isEqualTo("<model weights='3'/>");
    assertThat(request.get("properties")).isEmpty();
  }

  /** The files on the TaskManager count, wherever the option says that they come from. */
  @Test
  void filesAreThoseOnThisHost() throws IOException {
    String config = "{\"model_directory_path\":\"s3://models/fraud\"}";

    try (ModelDirectory files = source(directory.toString()).open()) {
      JsonNode sent = request(config, files).get("files");

      assertThat(sent.get("origin").textValue()).isEqualTo("s3://models/fraud");
      assertThat(sent.get("fetcher").textValue()).isEqualTo("jvm");
      assertThat(sent.get("directory").textValue()).isEqualTo(directory.toString());
    }
  }

  /** Flink has no file system for MLflow's URIs. */
  @Test
  void modelOfARegistryIsLeftToMlflow() throws IOException {
    try (ModelDirectory files = source("models:/fraud/3").open()) {
      JsonNode sent = request("<model/>", files).get("files");

      assertThat(sent.get("origin").textValue()).isEqualTo("models:/fraud/3");
      assertThat(sent.get("fetcher").textValue()).isEqualTo("mlflow");
      assertThat(Path.of(sent.get("directory").textValue())).isDirectory().startsWith(directory);
    }
  }

  /** A batch of one row is a batch. */
  @Test
  void onlyBatchesHaveASize() throws IOException {
    assertThat(request(null, WarmUp.OFF).get("batch").isNull()).isTrue();
    assertThat(request(batching(Map.of()), WarmUp.OFF).get("batch"))
        .hasToString("{\"size\":1,\"length_column\":null,\"max_length\":null}");
  }

  /** Python sorts and cuts batches. */
  @Test
  void lengthsOfBatchesAreLeftToPython() throws IOException {
    Batching batching =
        batching(Map.of("batch-size", "8", "batch-length-column", "x", "max-batch-length", "512"));

    assertThat(request(batching, WarmUp.OFF).get("batch"))
        .hasToString("{\"size\":8,\"length_column\":\"x\",\"max_length\":512}");
  }

  /** Python compares the words. */
  @Test
  void warmUpIsOneOfThreeWords() throws IOException {
    assertThat(WarmUp.values())
        .extracting(warmUp -> request(null, warmUp).get("warm_up").textValue())
        .containsExactly("off", "try", "require");
  }

  private ModelSource source(String uri) {
    return ModelSource.of(
        Configuration.fromMap(
            Map.of("model-directory-path", uri, "model-cache-directory", directory.toString())));
  }

  private static JsonNode request(String config, @Nullable ModelDirectory files)
      throws IOException {
    return request(config, files, null, WarmUp.OFF);
  }

  private static Batching batching(Map<String, String> options) {
    return Batching.of(Configuration.fromMap(options), TYPE);
  }

  private static JsonNode request(@Nullable Batching batching, WarmUp warmUp) throws IOException {
    return request("{}", null, batching, warmUp);
  }

  private static ResolvedSchema schema(RowType type) {
    return ResolvedSchema.of(
        type.getFields().stream()
            .map(
                field ->
                    Column.physical(
                        field.getName(), TypeConversions.fromLogicalToDataType(field.getType())))
            .collect(Collectors.toList()));
  }

  private static JsonNode request(
      String config, @Nullable ModelDirectory files, @Nullable Batching batching, WarmUp warmUp)
      throws IOException {
    PythonModel model =
        new PythonModel(
            "fraud",
            "fraud.Model",
            config,
            TYPE,
            OutputLayout.of(schema(TYPE), new Configuration()),
            null,
            NO_DEPENDENCIES,
            false,
            new Loading(null, false, Duration.ZERO, true),
            new TimeLimit(Duration.ZERO),
            MetricsLevel.BASIC,
            Monitoring.of(new Configuration()),
            null,
            new PlannedModel("fraud", TYPE));
    OpenRequest request =
        new OpenRequest(
            model,
            NO_DEPENDENCIES.open(name -> null, null, null),
            new Subtask(new TaskInfoImpl("test", 1, 0, 1, 0), "'fraud' (0)"),
            batching,
            warmUp,
            false);
    return new ObjectMapper().readTree(request.toJson(files));
  }
}
