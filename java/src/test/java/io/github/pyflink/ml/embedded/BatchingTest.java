// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static org.apache.flink.table.api.DataTypes.ARRAY;
import static org.apache.flink.table.api.DataTypes.BIGINT;
import static org.apache.flink.table.api.DataTypes.BYTES;
import static org.apache.flink.table.api.DataTypes.DOUBLE;
import static org.apache.flink.table.api.DataTypes.FIELD;
import static org.apache.flink.table.api.DataTypes.INT;
import static org.apache.flink.table.api.DataTypes.MAP;
import static org.apache.flink.table.api.DataTypes.ROW;
import static org.apache.flink.table.api.DataTypes.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of batches that cannot work fail when the query is planned. */
class BatchingTest {

  private static final RowType INPUT =
      (RowType)
          ROW(
                  FIELD("text", STRING()),
                  FIELD("image", BYTES()),
                  FIELD("ids", ARRAY(INT())),
                  FIELD("length", BIGINT()),
                  FIELD("weight", DOUBLE()),
                  FIELD("tags", MAP(STRING(), INT())))
              .getLogicalType();

  /** The types that have a length, and integers that are lengths. */
  @ParameterizedTest
  @ValueSource(strings = {"text", "image", "ids", "length"})
  void columnWithLengthsIsAccepted(String column) {
    Batching batching = batching("batch-length-column", column, "max-batch-length", "8192");

    assertThat(batching.lengthColumn).isEqualTo(column);
    assertThat(batching.maxLength).isEqualTo(8192);
  }

  /** The message says what is valid. */
  @ParameterizedTest
  @CsvSource({"weight, DOUBLE", "tags, 'MAP<STRING, INT>'"})
  void columnWithoutLengthsIsRejected(String column, String type) {
    assertThatThrownBy(() -> batching("batch-length-column", column))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Option 'batch-length-column' is '"
                + column
                + "', which is of type "
                + type
                + "; it must be a column of a text, of bytes, of an ARRAY or of an integer.");
  }

  /** A misspelt column would fail each batch. */
  @Test
  void unknownColumnIsRejectedWithTheValidOnes() {
    assertThatThrownBy(() -> batching("batch-length-column", "txt"))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Option 'batch-length-column' is 'txt'; it must be a column of INPUT: 'text', 'image',"
                + " 'ids', 'length', 'weight', 'tags'.");
  }

  /** A limit of lengths needs lengths. */
  @Test
  void limitWithoutColumnIsRejected() {
    assertThatThrownBy(() -> batching("max-batch-length", "100"))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Option 'max-batch-length' needs 'batch-length-column'. Set this, or remove"
                + " 'max-batch-length'.");
  }

  /** Without batches there is nothing to sort or to limit. */
  @ParameterizedTest
  @CsvSource({"batch-length-column, text", "max-batch-length, 100", "max-batch-bytes, 1 mb"})
  void optionOfBatchesIsRejectedWithoutBatches(String option, String value) {
    assertThatThrownBy(() -> batching("batch-size", "1", option, value))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Option '"
                + option
                + "' needs 'batch-size' above 1. Set this, or remove '"
                + option
                + "'.");
  }

  /** No row would fit. */
  @ParameterizedTest
  @CsvSource({
    "max-batch-bytes, 0 bytes, 0 bytes, more than 0",
    "max-batch-length, 0, 0, at least 1"
  })
  void limitOfNothingIsRejected(String option, String value, String shown, String valid) {
    assertThatThrownBy(() -> batching("batch-length-column", "text", option, value))
        .isInstanceOf(ValidationException.class)
        .hasMessage("Option '" + option + "' is " + shown + "; it must be " + valid + ".");
  }

  /** A TaskManager with little memory must not need an option to survive large rows. */
  @Test
  void defaultLimitOfBytesDependsOnTheHeap() {
    long part = Runtime.getRuntime().maxMemory() / 16;

    assertThat(batching().maxBytes()).isEqualTo(Math.min(64 << 20, part));
    assertThat(batching("max-batch-bytes", "1 gb").maxBytes()).isEqualTo(1 << 30);
  }

  /** CONFIG overrides only the size and the timeout. */
  @Test
  void queryKeepsTheOtherOptionsOfTheModel() {
    Batching batching =
        batching("batch-length-column", "text", "max-batch-length", "9", "max-batch-bytes", "7 kb")
            .with(Configuration.fromMap(Map.of("batch-size", "5")));

    assertThat(batching.size).isEqualTo(5);
    assertThat(batching.lengthColumn).isEqualTo("text");
    assertThat(batching.maxLength).isEqualTo(9);
    assertThat(batching.maxBytes()).isEqualTo(7 << 10);
  }

  /** Options are alternating keys and values. */
  private static Batching batching(String... options) {
    Map<String, String> all = new HashMap<>(Map.of("batch-size", "8"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return Batching.of(Configuration.fromMap(all), INPUT);
  }
}
