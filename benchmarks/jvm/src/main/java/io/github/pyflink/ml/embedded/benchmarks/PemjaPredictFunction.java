// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;
import org.apache.flink.table.runtime.typeutils.PythonTypeUtils.DataConverter;
import pemja.core.PythonInterpreter;
import pemja.core.PythonInterpreterConfig;

/**
 * Passes the fields of a row as one {@code Object[]} to PemJa's {@code invokeMethod}, converted as
 * PyFlink's thread mode does. One argument costs PemJa less than one for each field.
 *
 * <p>Owns the interpreter; closing closes it. Must be used by the thread that opened it, because
 * PemJa on other threads can deadlock. Public, because the code that Flink generates calls it.
 */
public final class PemjaPredictFunction extends PredictFunction {

  private static final long serialVersionUID = 1L;

  private final String executable;
  private final String init;
  private final DataConverter<?, ?, ?>[] inputs;
  private final DataConverter<?, ?, ?>[] outputs;

  private transient PythonInterpreter interpreter;

  PemjaPredictFunction(
      String executable,
      String init,
      DataConverter<?, ?, ?>[] inputs,
      DataConverter<?, ?, ?>[] outputs) {
    this.executable = executable;
    this.init = init;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  @Override
  public void open(FunctionContext context) {
    interpreter =
        new PythonInterpreter(
            PythonInterpreterConfig.newBuilder()
                .setPythonExec(executable)
                .setExcType(PythonInterpreterConfig.ExecType.MULTI_THREAD)
                .build());
    interpreter.exec(init);
  }

  @Override
  public Collection<RowData> predict(RowData row) {
    Object[] fields = new Object[inputs.length];
    for (int column = 0; column < fields.length; column++) {
      fields[column] = inputs[column].toExternal(row, column);
    }
    List<?> tuples =
        (List<?>) interpreter.invokeMethod("predict_function", "predict", (Object) fields);
    List<RowData> results = new ArrayList<>(tuples.size());
    for (Object tuple : tuples) {
      results.add(result((Object[]) tuple));
    }
    return results;
  }

  @SuppressWarnings("unchecked")
  private RowData result(Object[] fields) {
    GenericRowData row = new GenericRowData(outputs.length);
    for (int column = 0; column < outputs.length; column++) {
      // PemJa turns a list into a List and a tuple into an array, which the converters need.
      Object field =
          fields[column] instanceof List ? ((List<?>) fields[column]).toArray() : fields[column];
      row.setField(column, ((DataConverter<?, ?, Object>) outputs[column]).toInternal(field));
    }
    return row;
  }

  @Override
  public void close() {
    if (interpreter != null) {
      interpreter.close();
    }
  }
}
