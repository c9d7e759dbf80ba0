// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Memory whose input and output columns are the same, so that written values can be read back.
 *
 * <p>The initial capacity is {@value #ROWS} rows and {@value #ELEMENTS} elements of each list.
 * Memory that has moved is filled with ones, so that a stale view is noticed.
 */
final class TestMemory implements ColumnMemory {

  static final int ROWS = 8;
  static final int ELEMENTS = 2;

  private static final int BYTES_PER_VALUE = 16;
  private static final int NO_ELEMENTS = -1;

  private final List<Columns> all = new ArrayList<>();

  TestMemory(RowType type) {
    Columns rows = new Columns(ROWS);
    all.add(rows);
    all.add(rows);
    type.getChildren().forEach(child -> add(rows, child));
    all.forEach(Columns::allocate);
  }

  /** Returns the values, or the offsets, of a column of the rows. */
  ByteBuffer values(int column) {
    return values(INPUT, column);
  }

  /** The same for a column of rows or of elements. */
  ByteBuffer values(int columns, int column) {
    Columns found = all.get(columns);
    return view(found.arena).position(found.values(column)).slice().order(ByteOrder.nativeOrder());
  }

  /** Returns the number of the columns of a column's elements. */
  int elements(int columns, int column) {
    return all.get(columns).columns.get(column).elements;
  }

  /** Returns the capacity in rows or elements. */
  int capacity(int columns) {
    return all.get(columns).capacity;
  }

  /** Moves all memory, as native code does when output grows. */
  void move() {
    all.stream().distinct().forEach(columns -> columns.resize(columns.capacity));
  }

  /** Replaces all memory and drops its contents, as native code does when it shrinks input. */
  void shrink() {
    for (Columns columns : all) {
      fillWithOnes(columns.arena);
      columns.columns.forEach(column -> fillWithOnes(column.data));
      columns.capacity = Math.min(columns.capacity, ROWS);
      columns.allocate();
    }
  }

  @Override
  public ByteBuffer memory(int columns, int column) {
    Columns found = all.get(columns);
    return view(column == ARENA ? found.arena : found.columns.get(column).data);
  }

  @Override
  public int[] layout(int columns) {
    Columns found = all.get(columns);
    int[] layout = new int[1 + 3 * found.columns.size()];
    layout[0] = found.capacity;
    for (int i = 0; i < found.columns.size(); i++) {
      layout[1 + 3 * i] = found.validity(i);
      layout[2 + 3 * i] = found.values(i);
      layout[3 + 3 * i] = found.columns.get(i).elements;
    }
    return layout;
  }

  @Override
  public ByteBuffer grow(int columns, int column, long capacity) {
    Column found = all.get(columns).columns.get(column);
    found.data = moved(found.data, (int) capacity);
    return view(found.data);
  }

  @Override
  public void reserve(int columns, long rows) {
    Columns found = all.get(columns);
    found.resize((int) Math.max(rows, 2L * found.capacity));
  }

  /** Adds a column, its fields after it, and the columns of its elements. */
  private void add(Columns columns, LogicalType type) {
    Column column = new Column();
    columns.columns.add(column);
    switch (type.getTypeRoot()) {
      case ROW:
        type.getChildren().forEach(field -> add(columns, field));
        break;
      case ARRAY:
        add(elements(column), type.getChildren().get(0));
        break;
      case MAP:
      case MULTISET:
        Columns entries = elements(column);
        entries.columns.add(new Column());
        type.getChildren().forEach(child -> add(entries, child));
        if (type.getChildren().size() == 1) {
          entries.columns.add(new Column());
        }
        break;
      default:
    }
  }

  private Columns elements(Column column) {
    column.elements = all.size();
    Columns columns = new Columns(ELEMENTS);
    all.add(columns);
    return columns;
  }

  private static ByteBuffer moved(ByteBuffer old, int capacity) {
    ByteBuffer copy = ByteBuffer.allocateDirect(capacity).put(view(old));
    fillWithOnes(old);
    return copy;
  }

  private static void fillWithOnes(ByteBuffer buffer) {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (byte) -1);
    }
  }

  private static ByteBuffer view(ByteBuffer buffer) {
    return buffer.duplicate().clear();
  }

  private static final class Column {
    private ByteBuffer data = ByteBuffer.allocateDirect(4);
    private int elements = NO_ELEMENTS;
  }

  private static final class Columns {

    private final List<Column> columns = new ArrayList<>();
    private int capacity;
    private ByteBuffer arena;

    Columns(int capacity) {
      this.capacity = capacity;
    }

    void allocate() {
      arena = ByteBuffer.allocateDirect(columns.size() * columnBytes(capacity));
      for (int i = 0; i < columns.size(); i++) {
        for (int at = validity(i); at < values(i); at++) {
          arena.put(at, (byte) -1);
        }
      }
    }

    void resize(int rows) {
      int oldValidity = validityBytes(capacity);
      int oldBytes = columnBytes(capacity);
      ByteBuffer old = arena;
      capacity = rows;
      allocate();
      for (int i = 0; i < columns.size(); i++) {
        int from = i * oldBytes;
        copy(old, from, validity(i), oldValidity);
        copy(old, from + oldValidity, values(i), oldBytes - oldValidity);
        columns.get(i).data = moved(columns.get(i).data, columns.get(i).data.capacity());
      }
      fillWithOnes(old);
    }

    int validity(int column) {
      return column * columnBytes(capacity);
    }

    int values(int column) {
      return validity(column) + validityBytes(capacity);
    }

    private void copy(ByteBuffer old, int from, int to, int bytes) {
      view(arena).position(to).put(view(old).position(from).limit(from + bytes));
    }

    private static int validityBytes(int capacity) {
      return (capacity + 63) / 64 * 8;
    }

    private static int columnBytes(int capacity) {
      return validityBytes(capacity) + BYTES_PER_VALUE * (capacity + 1);
    }
  }
}
