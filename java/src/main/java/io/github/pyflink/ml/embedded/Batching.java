// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded;

import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_LENGTH_COLUMN;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_SIZE;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.BATCH_TIMEOUT;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_BATCH_BYTES;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.MAX_BATCH_LENGTH;
import static io.github.pyflink.ml.embedded.GenericPythonOptions.SHARE_PYTHON_THREAD;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** How rows are gathered into batches. */
final class Batching implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The part of the heap that is the default of {@link #maxBytes}, where that is smaller. */
  private static final int HEAP_PART = 16;

  /** The most rows of one call. */
  final int size;

  /** How long a row waits for more rows while Python is free. */
  final Duration timeout;

  /** Whether the subtasks of a model in one TaskManager call Python on one thread. */
  final boolean sharedThread;

  /** The column of INPUT that rows are sorted by, or null where they are not sorted. */
  @Nullable final String lengthColumn;

  /** The most rows of one call times the length of the longest, or null for no limit. */
  @Nullable final Integer maxLength;

  /** Null for the default. */
  @Nullable private final MemorySize maxBytes;

  private Batching(
      int size,
      Duration timeout,
      boolean sharedThread,
      @Nullable String lengthColumn,
      @Nullable Integer maxLength,
      @Nullable MemorySize maxBytes) {
    this.size = size;
    this.timeout = timeout;
    this.sharedThread = sharedThread;
    this.lengthColumn = lengthColumn;
    this.maxLength = maxLength;
    this.maxBytes = maxBytes;
  }

  /**
   * Reads the options of a model.
   *
   * @param input the model's INPUT
   * @throws ValidationException if an option has an invalid value, or no effect
   */
  static Batching of(ReadableConfig options, RowType input) {
    int size = size(options.get(BATCH_SIZE));
    if (size == 1) {
      OptionValues.refuseWithout(
          "'" + BATCH_SIZE.key() + "' above 1",
          options,
          List.of(MAX_BATCH_BYTES, BATCH_LENGTH_COLUMN, MAX_BATCH_LENGTH));
    }
    return new Batching(
        size,
        timeout(options.get(BATCH_TIMEOUT)),
        options.get(SHARE_PYTHON_THREAD),
        lengthColumn(options, input),
        maxLength(options),
        maxBytes(options));
  }

  /**
   * Returns these options, overridden by those in the CONFIG of a query.
   *
   * @throws ValidationException if an option has an invalid value
   */
  Batching with(ReadableConfig query) {
    OptionValues.check(query, List.of(BATCH_SIZE, BATCH_TIMEOUT));
    return new Batching(
        size(query.getOptional(BATCH_SIZE).orElse(size)),
        timeout(query.getOptional(BATCH_TIMEOUT).orElse(timeout)),
        sharedThread,
        lengthColumn,
        maxLength,
        maxBytes);
  }

  /** Returns the most bytes of the rows of a batch, in this JVM. */
  long maxBytes() {
    if (maxBytes != null) {
      return maxBytes.getBytes();
    }
    long part = Runtime.getRuntime().maxMemory() / HEAP_PART;
    return Math.min(MAX_BATCH_BYTES.defaultValue().getBytes(), part);
  }

  private static int size(int size) {
    OptionValues.require(size >= 1, BATCH_SIZE, size, "at least 1");
    return size;
  }

  private static Duration timeout(Duration timeout) {
    OptionValues.require(!timeout.isNegative(), BATCH_TIMEOUT, timeout, "0 or more");
    return timeout;
  }

  @Nullable
  private static MemorySize maxBytes(ReadableConfig options) {
    MemorySize bytes = options.getOptional(MAX_BATCH_BYTES).orElse(null);
    OptionValues.require(
        bytes == null || bytes.getBytes() > 0, MAX_BATCH_BYTES, bytes, "more than 0");
    return bytes;
  }

  @Nullable
  private static Integer maxLength(ReadableConfig options) {
    Integer length = options.getOptional(MAX_BATCH_LENGTH).orElse(null);
    OptionValues.require(length == null || length >= 1, MAX_BATCH_LENGTH, length, "at least 1");
    if (options.getOptional(BATCH_LENGTH_COLUMN).isEmpty()) {
      OptionValues.refuseWithout(
          "'" + BATCH_LENGTH_COLUMN.key() + "'", options, List.of(MAX_BATCH_LENGTH));
    }
    return length;
  }

  @Nullable
  private static String lengthColumn(ReadableConfig options, RowType input) {
    String column = options.getOptional(BATCH_LENGTH_COLUMN).orElse(null);
    if (column == null) {
      return null;
    }
    int index = input.getFieldIndex(column);
    OptionValues.require(
        index >= 0,
        BATCH_LENGTH_COLUMN,
        "'" + column + "'",
        "a column of INPUT: '" + String.join("', '", input.getFieldNames()) + "'");
    LogicalType type = input.getTypeAt(index);
    OptionValues.require(
        hasLength(type),
        BATCH_LENGTH_COLUMN,
        "'" + column + "', which is of type " + type.asSummaryString(),
        "a column of a text, of bytes, of an ARRAY or of an integer");
    return column;
  }

  private static boolean hasLength(LogicalType type) {
    return type.is(LogicalTypeFamily.CHARACTER_STRING)
        || type.is(LogicalTypeFamily.BINARY_STRING)
        || type.is(LogicalTypeFamily.INTEGER_NUMERIC)
        || type.is(LogicalTypeRoot.ARRAY);
  }
}
