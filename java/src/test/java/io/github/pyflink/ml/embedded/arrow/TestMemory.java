package io.github.pyflink.ml.embedded.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Columns that are input and output at once, so that what is written can be read back.
 *
 * <p>There is room for {@value #ROWS} rows and {@value #ELEMENTS} elements of each list to begin
 * with, and nothing but ones where memory was before it moved.
 */
final class TestMemory implements ColumnMemory {

  static final int ROWS = 8;
  static final int ELEMENTS = 2;

  private static final int BYTES_PER_VALUE = 16;
  private static final int NO_ELEMENTS = -1;

  private final List<Domain> domains = new ArrayList<>();

  TestMemory(RowType type) {
    Domain rows = new Domain(ROWS);
    domains.add(rows);
    domains.add(rows);
    type.getChildren().forEach(child -> add(rows, child));
    domains.forEach(Domain::allocate);
  }

  /** Returns the values of a column of the rows from its first on, or its offsets. */
  ByteBuffer values(int column) {
    return values(INPUT, column);
  }

  /** The same of a column of any domain. */
  ByteBuffer values(int domain, int column) {
    Domain found = domains.get(domain);
    return view(found.arena).position(found.values(column)).slice().order(ByteOrder.nativeOrder());
  }

  /** Returns the domain of a column's elements. */
  int elements(int domain, int column) {
    return domains.get(domain).columns.get(column).elements;
  }

  /** Returns the number of rows or elements that a domain has room for. */
  int capacity(int domain) {
    return domains.get(domain).capacity;
  }

  /** Moves everything, as native code moves its output. */
  void move() {
    domains.stream().distinct().forEach(domain -> domain.resize(domain.capacity));
  }

  /** Moves everything and forgets it, as native code shrinks its input. */
  void shrink() {
    for (Domain domain : domains) {
      fillWithOnes(domain.arena);
      domain.columns.forEach(column -> fillWithOnes(column.data));
      domain.capacity = Math.min(domain.capacity, ROWS);
      domain.allocate();
    }
  }

  @Override
  public ByteBuffer memory(int domain, int column) {
    Domain found = domains.get(domain);
    return view(column == ARENA ? found.arena : found.columns.get(column).data);
  }

  @Override
  public int[] layout(int domain) {
    Domain found = domains.get(domain);
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
  public ByteBuffer grow(int domain, int column, long capacity) {
    Column found = domains.get(domain).columns.get(column);
    found.data = moved(found.data, (int) capacity);
    return view(found.data);
  }

  @Override
  public void reserve(int domain, long rows) {
    Domain found = domains.get(domain);
    found.resize((int) Math.max(rows, 2L * found.capacity));
  }

  /** Adds a column, its fields after it, and a domain for its elements. */
  private void add(Domain domain, LogicalType type) {
    Column column = new Column();
    domain.columns.add(column);
    switch (type.getTypeRoot()) {
      case ROW:
        type.getChildren().forEach(field -> add(domain, field));
        break;
      case ARRAY:
        add(elements(column), type.getChildren().get(0));
        break;
      case MAP:
      case MULTISET:
        Domain entries = elements(column);
        entries.columns.add(new Column());
        type.getChildren().forEach(child -> add(entries, child));
        if (type.getChildren().size() == 1) {
          entries.columns.add(new Column());
        }
        break;
      default:
    }
  }

  private Domain elements(Column column) {
    column.elements = domains.size();
    Domain domain = new Domain(ELEMENTS);
    domains.add(domain);
    return domain;
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

  private static final class Domain {

    private final List<Column> columns = new ArrayList<>();
    private int capacity;
    private ByteBuffer arena;

    Domain(int capacity) {
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
