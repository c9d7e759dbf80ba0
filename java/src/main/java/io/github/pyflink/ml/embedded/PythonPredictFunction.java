package io.github.pyflink.ml.embedded;

import io.github.pyflink.ml.embedded.arrow.ArrowTypes;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.types.logical.RowType;

/**
 * Describes a Python predict function of a model (FLIP-552): its class and its configuration.
 *
 * <p>The Python executable is that of the model's option {@link
 * GenericPythonOptions#PYTHON_EXECUTABLE}, which a provider's factory may declare, or else that of
 * Flink's configuration.
 */
public abstract class PythonPredictFunction {

  private final String model;
  private final RowType inputType;
  private final RowType outputType;
  private final String executable;
  private final boolean threadMode;

  /**
   * Takes the model's name, its schemas and the Python executable from the context.
   *
   * @throws ValidationException if a column of the model is of a type that is not supported
   */
  protected PythonPredictFunction(ModelProviderFactory.Context context) {
    ResolvedCatalogModel catalogModel = context.getCatalogModel();
    String key = GenericPythonOptions.PYTHON_EXECUTABLE.key();
    this.model = context.getObjectIdentifier().asSummaryString();
    this.inputType = rowType(catalogModel.getResolvedInputSchema());
    this.outputType = rowType(catalogModel.getResolvedOutputSchema());
    this.executable =
        catalogModel
            .getOptions()
            .getOrDefault(
                key, context.getConfiguration().get(GenericPythonOptions.PYTHON_EXECUTABLE));
    this.threadMode =
        context
            .getConfiguration()
            .get(GenericPythonOptions.PYTHON_EXECUTION_MODE)
            .equalsIgnoreCase("thread");
  }

  /** Returns the class of the predict function, as {@code package.module.Class}. */
  public abstract String getPythonClass();

  /**
   * Returns the configuration for {@code set_model_config} of the Python predict function.
   *
   * @return JSON, as {@link #modelConfig(String, Map)} makes it
   */
  public abstract String getModelConfig();

  /** Returns a Flink function that runs the Python predict function in the TaskManager's JVM. */
  public PredictFunction createPythonFunction() {
    return new GenericPythonPredictFunction(
        model, getPythonClass(), getModelConfig(), inputType, outputType, executable, threadMode);
  }

  /**
   * Makes the configuration that the Python base class understands.
   *
   * @param modelDirectory the directory of the model's Python modules and files, on every
   *     TaskManager
   * @param properties what the function finds as {@code init_properties}
   * @return JSON with model_directory_path, python_class_name, properties, input_schema and
   *     output_schema
   */
  protected final String modelConfig(String modelDirectory, Map<String, String> properties) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_directory_path", modelDirectory);
    config.put("python_class_name", getPythonClass());
    properties.forEach(config.putObject("properties")::put);
    addSchema(config.putObject("input_schema"), inputType);
    addSchema(config.putObject("output_schema"), outputType);
    return config.toString();
  }

  private static void addSchema(ObjectNode schema, RowType type) {
    schema.put("field_count", type.getFieldCount());
    for (int i = 0; i < type.getFieldCount(); i++) {
      schema
          .putObject("field_" + i)
          .put("name", type.getFieldNames().get(i))
          .put("type", type.getTypeAt(i).asSummaryString())
          .put("index", i);
    }
  }

  private RowType rowType(ResolvedSchema schema) {
    RowType type = (RowType) schema.toPhysicalRowDataType().getLogicalType();
    ArrowTypes.refusal(type)
        .ifPresent(
            refusal -> {
              throw new ValidationException("Model '" + model + "': " + refusal);
            });
    return type;
  }
}
