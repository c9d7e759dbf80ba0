// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.util.List;
import javax.annotation.Nullable;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.binary.BinaryArrayData;

/** Writes arrays to one column of elements. */
final class ElementsWriter {

  private final ColumnWriter writer;
  private final int bits;
  private final ArrayData.ElementGetter getter;

  /** The writer if it can copy whole arrays of the table's type. */
  @Nullable private final PrimitiveWriter primitives;

  ElementsWriter(Column column) {
    this.writer = column.writer();
    this.bits = ArrowTypes.bits(List.of(column));
    this.getter = ArrayData.createElementGetter(column.source);
    boolean alike = column.source.getTypeRoot() == column.type.getTypeRoot();
    this.primitives = alike && writer instanceof PrimitiveWriter ? (PrimitiveWriter) writer : null;
  }

  void refresh() {
    writer.refresh();
  }

  /** Returns how many bytes the first elements take, in their arena and outside of it. */
  long bytes(int elements) {
    return ((long) elements * bits + 7) / Byte.SIZE + writer.bytesBeyondArena(elements);
  }

  /** Writes the elements to consecutive rows from {@code row} on. */
  void write(int row, ArrayData array) {
    if (primitives != null && hasNoNull(array)) {
      primitives.writeAll(row, array);
    } else if (array instanceof GenericArrayData) {
      Object[] elements = ((GenericArrayData) array).toObjectArray();
      for (int i = 0; i < elements.length; i++) {
        writer.write(row + i, elements[i]);
      }
    } else {
      for (int i = 0; i < array.size(); i++) {
        writer.write(row + i, getter.getElementOrNull(array, i));
      }
    }
  }

  /** Returns whether the array is known to hold no null without a look at each element. */
  private static boolean hasNoNull(ArrayData array) {
    if (array instanceof GenericArrayData) {
      return ((GenericArrayData) array).isPrimitiveArray();
    }
    return array instanceof BinaryArrayData && !((BinaryArrayData) array).anyNull();
  }
}
