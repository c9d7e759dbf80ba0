package io.github.pyflink.ml.embedded.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import pemja.core.PythonInterpreter;

/**
 * Calls PemJa's {@code invokeMethod} with the fields in one {@code Object[]}, as PyFlink's thread
 * mode does: a row in, the result rows out.
 */
final class PemjaContender implements Contender {

  private final PemjaThread thread;
  private final String function;
  private final FieldType type;
  private final RowData[] rows;
  private RowData last;

  PemjaContender(Workload workload, PemjaThread thread) {
    this.thread = thread;
    this.function = workload.name();
    this.type = workload.type();
    this.rows = workload.rowData();
  }

  @Override
  public String name() {
    return "pemja";
  }

  @Override
  public List<Object> results() {
    return thread.call(
        interpreter ->
            Arrays.stream(rows)
                .flatMap(row -> predict(interpreter, row).stream())
                .map(result -> type.toExternal(result, 0))
                .collect(Collectors.toList()));
  }

  @Override
  public long run(int calls) {
    return thread.call(interpreter -> run(interpreter, calls));
  }

  private long run(PythonInterpreter interpreter, int calls) {
    long started = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      predict(interpreter, rows[call % rows.length]).forEach(this::keep);
    }
    return System.nanoTime() - started;
  }

  private void keep(RowData result) {
    last = result;
  }

  private Collection<RowData> predict(PythonInterpreter interpreter, RowData row) {
    Object[] fields = new Object[row.getArity()];
    for (int column = 0; column < fields.length; column++) {
      fields[column] = type.toExternal(row, column);
    }
    List<?> tuples = (List<?>) interpreter.invokeMethod(function, "predict", (Object) fields);
    List<RowData> results = new ArrayList<>(tuples.size());
    for (Object tuple : tuples) {
      results.add(GenericRowData.of(type.toInternal(((Object[]) tuple)[0])));
    }
    return results;
  }
}
