// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ModelDescriptor;
import org.apache.flink.table.api.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that cannot work, or have no effect, are refused when a query is planned. */
@NeedsPython
class ErrorOptionsTest {

  private static final String QUERY =
      "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL scores, DESCRIPTOR(id))";

  /** A retry that is not made, or not as the user meant it, is found out in production. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ignore | retry-num=3 | Option 'retry-num' needs 'error-handling-strategy' = 'retry'. Set"
            + " this, or remove 'retry-num'.",
        "ignore | retry-initial-backoff=1 s | Option 'retry-initial-backoff' needs",
        "ignore | retry-max-backoff=1 s | Option 'retry-max-backoff' needs",
        "ignore | retry-fallback-strategy=ignore | Option 'retry-fallback-strategy' needs",
        "ignore | retry-exceptions=ValueError | Option 'retry-exceptions' needs",
        "retry | retry-num=0 | Option 'retry-num' is 0; it must be at least 1.",
        "retry | retry-initial-backoff=0 s | Option 'retry-initial-backoff' is 0 ms; it must be",
        "retry | retry-max-backoff=10 ms | Option 'retry-max-backoff' is 10 ms; it must be at least"
            + " 'retry-initial-backoff', which is 100 ms.",
        "retry | retry-exceptions=not a class | Option 'retry-exceptions' is 'not a class'; it must"
            + " be names of Python classes",
        "retry | retry-fallback-strategy=retry | Option 'retry-fallback-strategy' is 'retry'; it"
            + " must be 'failover', 'ignore' or 'default'.",
        "retry | default-value=1 | Option 'default-value' needs 'retry-fallback-strategy' ="
            + " 'default'.",
        "retry | retry-fallback-strategy=default | Option 'retry-fallback-strategy' = 'default'"
            + " needs 'default-value'",
        "default | '' | Option 'error-handling-strategy' = 'default' needs 'default-value'",
        "ignore | default-value=1 | Option 'default-value' needs 'error-handling-strategy' ="
            + " 'default'.",
        "failover | max-error-ratio=0.5 | Option 'max-error-ratio' needs rows that may fail",
        "ignore | error-window=1 min | Option 'error-window' needs 'max-error-ratio'",
        "ignore | max-error-ratio=0 | Option 'max-error-ratio' is 0.0; it must be more than 0 and"
            + " less than 1.",
        "ignore | max-error-ratio=many | Option 'max-error-ratio' is 'many'; it must be a number",
      })
  void optionWithoutEffectIsRefused(String strategy, String option, String problem) {
    assertThat(failureOf("y BIGINT", strategy, option)).contains(problem);
  }

  /** A default that does not fit would fail the job with the first row that fails. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"y\": 1, \"label\": \"a\"} | it has no column 'score'; the columns are 'y', 'label',"
            + " 'score'",
        "{\"y\": 1, \"lable\": \"a\", \"score\": 1} | it has the unknown column 'lable'; the"
            + " nearest is 'label'; the columns are",
        "{\"y\": 1.5, \"label\": \"a\", \"score\": 1} | column 'y' is 1.5, which does not fit its"
            + " type BIGINT",
        "{\"y\": 1, \"label\": \"abcd\", \"score\": 1} | column 'label' is \"abcd\", which does not"
            + " fit its type VARCHAR(3)",
        "{\"y\": null, \"label\": \"a\", \"score\": 1} | column 'y' is NULL, and its type is BIGINT"
            + " NOT NULL",
        "{\"y\": 1, \"y\": 2, \"label\": \"a\", \"score\": 1} | it is not valid JSON: Duplicate"
            + " field",
        "1 | it is 1; a JSON object of 'y', 'label', 'score' is expected",
      })
  void defaultValueThatDoesNotFitIsRefused(String value, String problem) {
    assertThat(
            failureOf(
                "y BIGINT NOT NULL, label VARCHAR(3), score DOUBLE",
                "default",
                "default-value=" + value))
        .contains("Option 'default-value' does not fit OUTPUT: " + problem)
        .contains("It must be a JSON object of all columns.");
  }

  /** A column that is not there, or that Python should have predicted, gets no error. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "error-column=eror | Option 'error-column' is 'eror', which is not a column of OUTPUT; the"
            + " nearest is 'error'. The columns are 'y', 'error'.",
        "error-column=y | Option 'error-column' is 'y', which is of type BIGINT NOT NULL; it must"
            + " be STRING and nullable",
        "error-class-column=y | Option 'error-class-column' is 'y', which is of type BIGINT",
        "error-column=error | The OUTPUT columns 'y' are NOT NULL, but are NULL in a row that"
            + " fails, because it is kept for the error columns 'error'. Remove NOT NULL, or set"
            + " 'error-handling-strategy' = 'default' and 'default-value'.",
      })
  void errorColumnThatDoesNotFitIsRefused(String option, String problem) {
    assertThat(failureOf("y BIGINT NOT NULL, error STRING", "", option)).contains(problem);
  }

  /** One column cannot get both, and an explicit failover would never fail over. */
  @Test
  void errorColumnsThatContradictOtherOptionsAreRefused() {
    String output = "y BIGINT, error STRING";

    assertThat(failureOf(output, "", "error-column=error", "error-class-column=error"))
        .contains("Option 'error-class-column' is 'error', which is an error column already.");
    assertThat(failureOf(output, "failover", "error-column=error"))
        .contains(
            "Option 'error-handling-strategy' is 'failover', but the error columns 'error' keep the"
                + " rows that fail. Remove the option or the columns.");
    assertThat(failureOf("error STRING", "", "error-column=error"))
        .contains("All columns of OUTPUT are error columns.");
  }

  /** Flink's row by row operator only knows the physical columns. */
  @Test
  void metadataInAQueryWithoutAsyncIsRefused() {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "id BIGINT", "1")
            .model("scores", model("error-string", "STRING"))
            .failureOf(QUERY.replace("(id))", "(id), MAP['async', 'false'])"));

    assertThat(failure)
        .contains(
            "the OUTPUT has the metadata columns 'error-string', and Flink loses them",
            "Remove 'async' = 'false' from CONFIG, or use 'error-column'");
  }

  /** Keys of metadata are those of Flink's own providers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "error-sting | STRING | Metadata column 'error-sting' of OUTPUT has the key 'error-sting'."
            + " Valid keys are 'error-string' STRING, 'error-class' STRING, 'row-number' BIGINT.",
        "row-number | INT | Metadata column 'row-number' of OUTPUT is of type INT; it must be"
            + " BIGINT",
      })
  void metadataThatDoesNotExistIsRefused(String key, String type, String problem) {
    String failure =
        new SqlSession()
            .csvTable("input_rows", "id BIGINT", "1")
            .model("scores", model(key, type))
            .failureOf(QUERY);

    assertThat(failure).contains(problem);
  }

  private static ModelDescriptor model(String key, String type) {
    return ModelDescriptor.forProvider("generic-python")
        .inputSchema(Schema.newBuilder().column("id", DataTypes.BIGINT()).build())
        .outputSchema(
            Schema.newBuilder().column("y", DataTypes.BIGINT()).columnByMetadata(key, type).build())
        .option("model-directory-path", Python.MODELS.toString())
        .option("python-predict-class", "errors.Echo")
        .build();
  }

  private static String failureOf(String output, String strategy, String... options) {
    List<String> all = new ArrayList<>();
    if (!strategy.isEmpty()) {
      all.addAll(List.of("error-handling-strategy", strategy));
    }
    for (String option : options) {
      if (!option.isEmpty()) {
        all.addAll(List.of(option.split("=", 2)));
      }
    }
    return new SqlSession()
        .csvTable("input_rows", "id BIGINT", "1")
        .model("scores", "id BIGINT", output, "errors.Echo", all.toArray(new String[0]))
        .failureOf(QUERY);
  }
}
