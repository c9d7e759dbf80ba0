// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.BIGINT;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.NULL;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes.Field;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.ml.PredictRuntimeProvider;
import org.junit.jupiter.api.Test;

/** The extension points of FLIP-552 suffice for a provider of another project. */
class ThirdPartyProviderTest {

  private static final Field TEXT = FIELD("text", STRING().notNull());
  private static final Field LABEL = FIELD("label", BIGINT());

  /** A provider only implements the extension points of FLIP-552. */
  @Test
  void providerRunsInThisJvmWithTheStandardConfiguration() {
    ModelProvider provider = provider(TEXT);

    assertThat(((PredictRuntimeProvider) provider).createPredictFunction(Models.query(Map.of())))
        .isInstanceOf(GenericPythonPredictFunction.class);
    assertThat(((SentimentProvider) provider).getPythonPredictFunction().getModelConfig())
        .contains("\"model_directory_path\":\"/opt/sentiment\"")
        .contains("\"properties\":{\"language\":\"en\"}")
        .contains("{\"name\":\"text\",\"type\":\"STRING NOT NULL\",\"index\":0}")
        .contains("{\"name\":\"label\",\"type\":\"BIGINT\",\"index\":0}");
  }

  /** The checks of the base class apply to every provider. */
  @Test
  void unsupportedTypeIsRejected() {
    assertThatThrownBy(() -> provider(FIELD("tags", ARRAY(NULL()))))
        .hasStackTraceContaining("column 'tags[]' is of type NULL");
  }

  private static ModelProvider provider(Field input) {
    return Models.provider(Map.of("provider", "test-sentiment"), new Configuration(), input, LABEL);
  }

  /** The factory of the other project, registered in META-INF/services. */
  public static final class SentimentProviderFactory implements ModelProviderFactory {

    @Override
    public String factoryIdentifier() {
      return "test-sentiment";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
      return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
      return Set.of();
    }

    @Override
    public ModelProvider createModelProvider(Context context) {
      return new SentimentProvider(new SentimentFunction(context));
    }
  }

  private static final class SentimentProvider implements PythonPredictRuntimeProvider {

    private final SentimentFunction function;

    SentimentProvider(SentimentFunction function) {
      this.function = function;
    }

    @Override
    public PythonPredictFunction getPythonPredictFunction() {
      return function;
    }

    @Override
    public ModelProvider copy() {
      return new SentimentProvider(function);
    }
  }

  private static final class SentimentFunction extends PythonPredictFunction {

    SentimentFunction(ModelProviderFactory.Context context) {
      super(context);
    }

    @Override
    public String getPythonClass() {
      return "sentiment.Sentiment";
    }

    @Override
    public String getModelConfig() {
      return modelConfig("/opt/sentiment", Map.of("language", "en"));
    }
  }
}
