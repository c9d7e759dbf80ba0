// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_CLASS_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.ERROR_COLUMN;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.annotation.Nullable;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.Column.MetadataColumn;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.RowType.RowField;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * The columns of a model's OUTPUT: those that Python predicts, and the error columns, which get the
 * error of a row that fails and which Python does not see.
 */
final class OutputLayout implements Serializable {

  private static final long serialVersionUID = 1L;

  private final RowType type;

  /** For each column its part of an error; null where Python predicts it. */
  private final ErrorField[] errorFields;

  private final boolean hasMetadataColumns;
  private final RowType predictedType;
  private final int[] predicted;

  private OutputLayout(RowType type, ErrorField[] errorFields, boolean hasMetadataColumns) {
    this.type = type;
    this.hasMetadataColumns = hasMetadataColumns;
    this.errorFields = errorFields;
    List<RowField> fields = new ArrayList<>();
    this.predicted = new int[(int) Arrays.stream(errorFields).filter(f -> f == null).count()];
    for (int i = 0; i < errorFields.length; i++) {
      if (errorFields[i] == null) {
        predicted[fields.size()] = i;
        fields.add(type.getFields().get(i));
      }
    }
    this.predictedType = new RowType(type.isNullable(), fields);
  }

  /**
   * Finds the error columns: metadata columns of the schema, and those that options name.
   *
   * @throws ValidationException if one does not exist or has the wrong type
   */
  static OutputLayout of(ResolvedSchema schema, ReadableConfig options) {
    List<RowField> fields = new ArrayList<>();
    List<ErrorField> errors = new ArrayList<>();
    for (Column column : schema.getColumns()) {
      if (column.isPhysical() || column instanceof MetadataColumn) {
        LogicalType columnType = column.getDataType().getLogicalType();
        fields.add(new RowField(column.getName(), columnType));
        errors.add(column.isPhysical() ? null : errorFieldOf((MetadataColumn) column));
      }
    }
    boolean hasMetadataColumns = errors.stream().anyMatch(Objects::nonNull);
    RowType type = new RowType(false, fields);
    mark(type, errors, options, ERROR_COLUMN, ErrorField.STRING);
    mark(type, errors, options, ERROR_CLASS_COLUMN, ErrorField.CLASS);
    if (!fields.isEmpty() && !errors.contains(null)) {
      throw new ValidationException(
          "All columns of OUTPUT are error columns. Add a column that Python predicts.");
    }
    return new OutputLayout(type, errors.toArray(new ErrorField[0]), hasMetadataColumns);
  }

  /** Returns the type of all columns. */
  RowType type() {
    return type;
  }

  /** Returns the type of the columns that Python predicts. */
  RowType predictedType() {
    return predictedType;
  }

  /** Returns where the columns that Python predicts are among all columns. */
  int[] predicted() {
    return predicted;
  }

  boolean hasErrorColumns() {
    return predicted.length < errorFields.length;
  }

  boolean hasMetadataColumns() {
    return hasMetadataColumns;
  }

  /** Returns the names of the error columns, for messages. */
  String errorColumns() {
    return Names.quoted(
        type.getFieldNames().stream()
            .filter(name -> errorFields[type.getFieldIndex(name)] != null)
            .collect(Collectors.toList()));
  }

  /**
   * Returns a row of all columns.
   *
   * @param values of the columns that Python predicts, or null where these are NULL
   * @param number that of the row in its subtask
   */
  GenericRowData row(@Nullable GenericRowData values, long number, RuntimeException failure) {
    GenericRowData row = new GenericRowData(errorFields.length);
    for (int i = 0; values != null && i < predicted.length; i++) {
      row.setField(predicted[i], values.getField(i));
    }
    for (int i = 0; i < errorFields.length; i++) {
      if (errorFields[i] != null) {
        row.setField(i, errorFields[i].valueOf(number, failure));
      }
    }
    return row;
  }

  private static ErrorField errorFieldOf(MetadataColumn column) {
    String key = column.getMetadataKey().orElse(column.getName());
    ErrorField field =
        Arrays.stream(ErrorField.values())
            .filter(candidate -> candidate.key.equals(key))
            .findFirst()
            .orElseThrow(
                () ->
                    new ValidationException(
                        String.format(
                            "Metadata column '%s' of OUTPUT has the key '%s'. Valid keys are %s.",
                            column.getName(), key, ErrorField.keys())));
    requireType(
        "Metadata column '" + column.getName() + "' of OUTPUT",
        column.getDataType().getLogicalType(),
        field);
    return field;
  }

  private static void mark(
      RowType type,
      List<ErrorField> errors,
      ReadableConfig options,
      ConfigOption<String> option,
      ErrorField field) {
    Optional<String> name = options.getOptional(option);
    if (!name.isPresent()) {
      return;
    }
    int index = type.getFieldIndex(name.get());
    if (index < 0) {
      throw new ValidationException(
          String.format(
              "Option '%s' is '%s', which is not a column of OUTPUT%s. The columns are %s.",
              option.key(),
              name.get(),
              Names.nearest(name.get(), type.getFieldNames()),
              Names.quoted(type.getFieldNames())));
    }
    if (errors.get(index) != null) {
      throw new ValidationException(
          String.format(
              "Option '%s' is '%s', which is an error column already. Name another column.",
              option.key(), name.get()));
    }
    requireType(
        "Option '" + option.key() + "' is '" + name.get() + "', which",
        type.getTypeAt(index),
        field);
    errors.set(index, field);
  }

  private static void requireType(String subject, LogicalType type, ErrorField field) {
    boolean isText = type.is(LogicalTypeRoot.VARCHAR);
    boolean isLong = !isText || ((VarCharType) type).getLength() == VarCharType.MAX_LENGTH;
    if (!type.is(field.root) || !isLong || !type.isNullable()) {
      throw new ValidationException(
          String.format(
              "%s is of type %s; it must be %s and nullable, because it is NULL where a row does"
                  + " not fail.",
              subject, type.asSummaryString(), field.type));
    }
  }
}
