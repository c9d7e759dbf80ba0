// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import javax.annotation.Nullable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.TextNode;
import org.apache.flink.table.types.logical.RowType;

/**
 * What {@link PythonPredictFunction#getModelConfig()} returns: JSON of FLIP-552's form, or a form
 * of the provider, which may share fields with it.
 */
final class ModelConfig {

  private static final String DIRECTORY = "model_directory_path";
  private static final String PYTHON_CLASS = "python_class_name";
  private static final String PROPERTIES = "properties";
  private static final String INPUT = "input_schema";
  private static final String OUTPUT = "output_schema";

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final JsonNode json;

  private ModelConfig(JsonNode json) {
    this.json = json;
  }

  /** Returns the configuration in FLIP-552's form. */
  static ModelConfig of(
      @Nullable String directory,
      @Nullable String pythonClass,
      ObjectNode properties,
      RowType inputType,
      RowType outputType) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put(DIRECTORY, directory);
    json.put(PYTHON_CLASS, pythonClass);
    json.set(PROPERTIES, properties);
    json.set(INPUT, schema(inputType));
    json.set(OUTPUT, schema(outputType));
    return new ModelConfig(json);
  }

  /** Reads a configuration of any form. */
  static ModelConfig parse(String text) {
    try {
      JsonNode json = MAPPER.readTree(text);
      return new ModelConfig(json.isObject() ? json : TextNode.valueOf(text));
    } catch (JsonProcessingException e) { // the provider's own form is not JSON
      return new ModelConfig(TextNode.valueOf(text));
    }
  }

  /** Returns the model's directory, or null where the configuration has none. */
  @Nullable
  String directory() {
    return json.path(DIRECTORY).textValue();
  }

  /** Returns the properties of the model. */
  ObjectNode properties() {
    JsonNode properties = json.path(PROPERTIES);
    return properties.isObject() ? (ObjectNode) properties : JsonNodeFactory.instance.objectNode();
  }

  /** Returns a JSON object, or a text node where the configuration is not one. */
  JsonNode toJson() {
    return json;
  }

  @Override
  public String toString() {
    return json.isObject() ? json.toString() : json.textValue();
  }

  private static ObjectNode schema(RowType type) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("field_count", type.getFieldCount());
    for (int i = 0; i < type.getFieldCount(); i++) {
      schema
          .putObject("field_" + i)
          .put("name", type.getFieldNames().get(i))
          .put("type", type.getTypeAt(i).asSummaryString())
          .put("index", i);
    }
    return schema;
  }
}
