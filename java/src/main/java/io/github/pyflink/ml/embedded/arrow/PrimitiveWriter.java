// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import org.apache.flink.table.data.ArrayData;

/** Writes values of a Java primitive type, one at a time or as a whole array. */
abstract class PrimitiveWriter extends ColumnWriter {

  PrimitiveWriter(Column column) {
    super(column);
  }

  /** Writes an array without nulls whose elements have the column's type. */
  final void writeAll(int row, ArrayData array) {
    markValid(row, row + array.size());
    copy(row, array);
  }

  abstract void copy(int row, ArrayData array);
}
