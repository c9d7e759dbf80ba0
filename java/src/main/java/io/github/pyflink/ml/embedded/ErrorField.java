// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** What an error column gets of a row that has failed. */
enum ErrorField {
  /** The message, as Flink's own providers name it. */
  STRING("error-string", LogicalTypeRoot.VARCHAR, "STRING") {
    @Override
    Object valueOf(long number, RuntimeException failure) {
      return StringData.fromString(failure.getMessage());
    }
  },
  /** The class of the Python exception. */
  CLASS("error-class", LogicalTypeRoot.VARCHAR, "STRING") {
    @Override
    Object valueOf(long number, RuntimeException failure) {
      return StringData.fromString(FailureKind.className(failure));
    }
  },
  /** The number of the row in its subtask. */
  ROW_NUMBER("row-number", LogicalTypeRoot.BIGINT, "BIGINT") {
    @Override
    Object valueOf(long number, RuntimeException failure) {
      return number;
    }
  };

  /** The key of the metadata column. */
  final String key;

  final LogicalTypeRoot root;
  final String type;

  ErrorField(String key, LogicalTypeRoot root, String type) {
    this.key = key;
    this.root = root;
    this.type = type;
  }

  /** Returns the value in a row that has failed. */
  abstract Object valueOf(long number, RuntimeException failure);

  /** Returns the keys of all fields, for messages. */
  static String keys() {
    return Arrays.stream(values())
        .map(field -> "'" + field.key + "' " + field.type)
        .collect(Collectors.joining(", "));
  }
}
