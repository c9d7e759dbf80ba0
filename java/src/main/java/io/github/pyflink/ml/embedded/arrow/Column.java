package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/** One column: its name, its type, and where it lies. */
final class Column {

  final String name;
  final LogicalType type;
  final ByteBuffer arena;

  /** The offset of the validity bitmap in the arena. */
  final int validity;

  /** The offset in the arena of the values, or of the offsets of variable-width values. */
  final int values;

  private final ColumnMemory memory;
  private final int side;
  private final int index;

  private Column(
      RowType.RowField field,
      ByteBuffer arena,
      int[] layout,
      ColumnMemory memory,
      int side,
      int index) {
    this.name = field.getName();
    this.type = field.getType();
    this.arena = arena;
    this.validity = layout[2 * index];
    this.values = layout[2 * index + 1];
    this.memory = memory;
    this.side = side;
    this.index = index;
  }

  /** Returns the columns of one side, which share one view of the arena. */
  static List<Column> of(ColumnMemory memory, int side, RowType type) {
    ByteBuffer arena = nativeOrder(memory.memory(side, ColumnMemory.ARENA));
    int[] layout = memory.layout(side);
    List<Column> columns = new ArrayList<>(type.getFieldCount());
    for (RowType.RowField field : type.getFields()) {
      columns.add(new Column(field, arena, layout, memory, side, columns.size()));
    }
    return columns;
  }

  /** Returns a view of the data buffer of this variable-width column. */
  ByteBuffer data() {
    return nativeOrder(memory.memory(side, index));
  }

  /** Grows the data buffer of this input column and returns the view that replaces the old one. */
  ByteBuffer grow(long capacity) {
    return nativeOrder(memory.grow(index, capacity));
  }

  private static ByteBuffer nativeOrder(ByteBuffer view) {
    return view.order(ByteOrder.nativeOrder());
  }
}
