// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flink's SQL client prints only the deepest cause of a failure. */
@NeedsPython
class DeepestCauseTest {

  private static final String MODEL = "model 'default_catalog.default_database.wrong'";

  @TempDir private Path directory;

  /** Flink's own deepest cause is the text of a NumberFormatException. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batch-size              | abc         | an integer",
        "batch-size              | 99999999999 | an integer of at most 2147483647",
        "batch-timeout           | soon        | a duration of 0 or more, such as '500 ms'",
        "warm-up                 | maybe       | 'true' or 'false'",
        "error-handling-strategy | shrug       | 'failover', 'retry', 'ignore' or 'default'",
        "model-cache-max-size    | lots        | a size, such as '512 mb'",
      })
  void valueThatCannotBeParsedIsNamedWithWhatIsValid(String option, String value, String valid) {
    assertThat(deepestCause("", option, value))
        .startsWith("Option '" + option + "' is '" + value + "'; it must be " + valid);
  }

  /** The CONFIG of a query is checked like the options of its model. */
  @Test
  void valueInConfigThatCannotBeParsedIsNamed() {
    assertThat(deepestCause(", MAP['batch-size', 'abc']", "batch-size", "2"))
        .startsWith("Option 'batch-size' is 'abc'; it must be an integer");
  }

  /** A path to the class's file instead of its directory is a common mistake. */
  @Test
  void fileThatIsNotAnArchiveIsNamedWithItsOption() throws IOException {
    Path file = Files.writeString(directory.resolve("fraud.py"), "");

    assertThat(deepestCause("", "model-directory-path", file.toString()))
        .startsWith(MODEL)
        .contains("'model-directory-path' = '" + file + "'", "not an archive", ".zip");
  }

  /** The library that reads archives does not know the path. */
  @Test
  void damagedArchiveIsNamedWithItsOption() throws IOException {
    Path archive = Files.writeString(directory.resolve("model.zip"), "not a zip file");

    assertThat(deepestCause("", "model-directory-path", archive.toString()))
        .startsWith(MODEL)
        .contains(
            "'model-directory-path' = '" + archive + "'",
            "cannot be unpacked",
            "Archive is not a ZIP archive");
  }

  /** The working directory of a TaskManager is not that of the shell. */
  @Test
  void missingRelativePathIsShownAsItIsResolved() {
    assertThat(deepestCause("", "model-directory-path", "no/such/model"))
        .startsWith(MODEL)
        .contains(
            "'model-directory-path' = 'no/such/model'",
            "means '" + Path.of("no/such/model").toAbsolutePath() + "' here",
            "Write the absolute path");
  }

  /** The operating system's error has only a path as its message. */
  @Test
  void cacheDirectoryThatCannotBeCreatedIsNamedWithItsOption() throws IOException {
    Path archive = Files.writeString(directory.resolve("model.zip"), "");

    String cause =
        deepestCause(
            "",
            "model-directory-path",
            archive.toString(),
            "model-cache-directory",
            archive.toString());

    assertThat(cause)
        .startsWith(MODEL)
        .contains("FileAlreadyExistsException: " + archive, "'model-cache-directory'");
  }

  /** The column alone does not show which of a job's models is meant. */
  @Test
  void rowThatDoesNotFitIsNamedWithItsModel() throws Exception {
    ResolvedSchema input = ResolvedSchema.of(Column.physical("x", DataTypes.BIGINT()));
    ResolvedSchema output = ResolvedSchema.of(Column.physical("y", DataTypes.BIGINT()));
    GenericRowData row = GenericRowData.of(true);
    PredictFunction rows = PredictFunctions.open("failing.Good", input, output);
    AsyncPredictFunction batches =
        PredictFunctions.openAsync("failing.Good", input, output, Map.of("batch-size", "2"));

    Throwable inRow = catchThrowable(() -> rows.predict(row));
    Throwable inBatch = catchThrowable(() -> batches.asyncPredict(GenericRowData.of(true)).get());
    rows.close();
    batches.close();

    for (Throwable failure : List.of(inRow, inBatch)) {
      assertThat(messageOfDeepestCause(failure))
          .startsWith("model 'catalog.database.model', row 1: column 'x': expected BIGINT, got");
    }
  }

  private static String deepestCause(String config, String... options) {
    SqlSession session =
        new SqlSession()
            .csvTable("input_rows", "x BIGINT", "1")
            .model("wrong", "x BIGINT", "y BIGINT", "failing.Good", options);
    return messageOfDeepestCause(catchThrowable(() -> session.query(query(config))));
  }

  private static String query(String config) {
    return "SELECT * FROM ML_PREDICT(TABLE input_rows, MODEL wrong, DESCRIPTOR(x)" + config + ")";
  }

  private static String messageOfDeepestCause(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest.getMessage();
  }
}
