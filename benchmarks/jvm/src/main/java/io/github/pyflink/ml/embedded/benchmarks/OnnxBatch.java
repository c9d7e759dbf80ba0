// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Rows that are predicted in one call, in memory that is allocated once. */
final class OnnxBatch {

  private final int capacity;
  private final int inputColumns;
  private final int outputColumns;
  private final FloatBuffer input;
  private final FloatBuffer output;
  private final List<CompletableFuture<Collection<RowData>>> futures;

  OnnxBatch(int capacity, int inputColumns, int outputColumns) {
    this.capacity = capacity;
    this.inputColumns = inputColumns;
    this.outputColumns = outputColumns;
    this.input = OnnxSessions.floats(capacity * inputColumns);
    this.output = OnnxSessions.floats(capacity * outputColumns);
    this.futures = new ArrayList<>(capacity);
  }

  boolean isEmpty() {
    return futures.isEmpty();
  }

  boolean isFull() {
    return futures.size() == capacity;
  }

  CompletableFuture<Collection<RowData>> add(GenericRowData row) {
    int start = futures.size() * inputColumns;
    for (int column = 0; column < inputColumns; column++) {
      input.put(start + column, ((Number) row.getField(column)).floatValue());
    }
    CompletableFuture<Collection<RowData>> future = new CompletableFuture<>();
    futures.add(future);
    return future;
  }

  void run(OrtSession session) throws OrtException {
    try (OnnxTensor inputs = tensor(input, inputColumns);
        OnnxTensor outputs = tensor(output, outputColumns)) {
      String inputName = session.getInputNames().iterator().next();
      String outputName = session.getOutputNames().iterator().next();
      session.run(Map.of(inputName, inputs), Map.of(outputName, outputs)).close();
    }
  }

  /** Returns a tensor of the rows, which shares the buffer's memory. */
  private OnnxTensor tensor(FloatBuffer buffer, int columns) throws OrtException {
    int rows = futures.size();
    long[] shape = {rows, columns};
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(), buffer.duplicate().limit(rows * columns), shape);
  }

  List<RowData> results() {
    List<RowData> results = new ArrayList<>(futures.size());
    for (int row = 0; row < futures.size(); row++) {
      GenericRowData result = new GenericRowData(outputColumns);
      for (int column = 0; column < outputColumns; column++) {
        result.setField(column, (double) output.get(row * outputColumns + column));
      }
      results.add(result);
    }
    return results;
  }

  /** Completes the futures, and removes the rows. */
  void complete(List<RowData> results) {
    for (int row = 0; row < futures.size(); row++) {
      futures.get(row).complete(List.of(results.get(row)));
    }
    futures.clear();
  }

  /** Fails the futures, and removes the rows. */
  void fail(Throwable cause) {
    futures.forEach(future -> future.completeExceptionally(cause));
    futures.clear();
  }
}
