// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.PredictFunction;

/**
 * Predicts a row of numbers with an ONNX file, in the calling thread. Input and output are tensors
 * of one row that are created once, which is the fastest way to use the API.
 *
 * <p>Public, because the code that Flink generates calls it.
 */
public final class OnnxPredictFunction extends PredictFunction {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final int inputColumns;
  private final int outputColumns;

  private transient OrtSession session;
  private transient FloatBuffer input;
  private transient FloatBuffer output;
  private transient Map<String, OnnxTensor> inputTensor;
  private transient Map<String, OnnxTensor> outputTensor;

  OnnxPredictFunction(String file, int inputColumns, int outputColumns) {
    this.file = file;
    this.inputColumns = inputColumns;
    this.outputColumns = outputColumns;
  }

  @Override
  public void open(FunctionContext context) throws OrtException {
    session = OnnxSessions.open(file);
    input = OnnxSessions.floats(inputColumns);
    output = OnnxSessions.floats(outputColumns);
    inputTensor = tensor(session.getInputNames(), input);
    outputTensor = tensor(session.getOutputNames(), output);
  }

  /** Creates a tensor that shares the buffer's memory. */
  private static Map<String, OnnxTensor> tensor(Collection<String> names, FloatBuffer row)
      throws OrtException {
    long[] shape = {1, row.capacity()};
    return Map.of(
        names.iterator().next(),
        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), row, shape));
  }

  @Override
  public Collection<RowData> predict(RowData row) {
    GenericRowData fields = (GenericRowData) row; // as Flink passes it
    for (int column = 0; column < inputColumns; column++) {
      input.put(column, ((Number) fields.getField(column)).floatValue());
    }
    try {
      session.run(inputTensor, outputTensor).close();
    } catch (OrtException e) {
      throw new IllegalStateException("the model failed", e);
    }
    GenericRowData result = new GenericRowData(outputColumns);
    for (int column = 0; column < outputColumns; column++) {
      result.setField(column, (double) output.get(column));
    }
    return List.of(result);
  }

  @Override
  public void close() throws OrtException {
    if (session != null) {
      inputTensor.values().forEach(OnnxTensor::close);
      outputTensor.values().forEach(OnnxTensor::close);
      session.close();
    }
  }
}
