// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.DEFAULT_VALUE;

import java.io.Serializable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** The option default-value: the results of a row that fails. */
final class DefaultValue implements Serializable {

  private static final long serialVersionUID = 1L;

  private final String text;
  private final RowType type;

  private DefaultValue(String text, RowType type) {
    this.text = text;
    this.type = type;
  }

  /**
   * Reads the option.
   *
   * @param type the columns that Python predicts
   * @throws ValidationException if it does not fit them
   */
  static DefaultValue of(String text, RowType type) {
    DefaultValue value = new DefaultValue(text, type);
    try {
      value.row();
    } catch (IllegalArgumentException e) {
      throw new ValidationException(
          String.format(
              "Option '%s' does not fit OUTPUT: %s. It must be a JSON object of all columns%s.",
              DEFAULT_VALUE.key(),
              e.getMessage(),
              type.getFieldCount() == 1 ? ", or the value of the only column" : ""));
    }
    return value;
  }

  /** Returns a new row of the columns that Python predicts. */
  GenericRowData row() {
    if (type.getFieldCount() == 1) {
      String name = type.getFieldNames().get(0);
      LogicalType only = type.getTypeAt(0);
      JsonNode literal = JsonValues.literal(text, only);
      if (!isObjectOf(name, literal, only)) {
        return GenericRowData.of(JsonValues.value(name, literal, only));
      }
    }
    return JsonValues.row("", JsonValues.parse(text), type);
  }

  /** An object is that of the columns, unless the column itself is written as one. */
  private static boolean isObjectOf(String name, JsonNode json, LogicalType type) {
    boolean isWrittenAsObject =
        type.is(LogicalTypeRoot.MAP)
            || type.is(LogicalTypeRoot.MULTISET)
            || type.is(LogicalTypeRoot.ROW);
    return json.isObject() && (!isWrittenAsObject || json.size() == 1 && json.has(name));
  }
}
