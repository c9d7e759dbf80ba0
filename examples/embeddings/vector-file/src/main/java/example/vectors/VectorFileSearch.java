// SPDX-License-Identifier: Apache-2.0
package example.vectors;

import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.VectorSearchFunction;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** Compares a vector with all vectors of a directory, which are read once, by their cosine. */
public final class VectorFileSearch extends VectorSearchFunction {

  private final String path;
  private final DeserializationSchema<RowData> decoder;
  private final int vectorColumn;
  private transient List<RowData> rows;

  VectorFileSearch(String path, DeserializationSchema<RowData> decoder, int vectorColumn) {
    this.path = path;
    this.decoder = decoder;
    this.vectorColumn = vectorColumn;
  }

  @Override
  public void open(FunctionContext context) throws Exception {
    decoder.open(new DecoderContext(context));
    rows = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(path), "part-*")) {
      for (Path file : files) {
        for (String line : Files.readAllLines(file)) {
          rows.add(decoder.deserialize(line.getBytes(StandardCharsets.UTF_8)));
        }
      }
    }
  }

  @Override
  public Collection<RowData> vectorSearch(int topK, RowData query) {
    float[] vector = query.getArray(0).toFloatArray();
    return rows.stream()
        .map(row -> withScore(row, cosine(vector, row.getArray(vectorColumn).toFloatArray())))
        .sorted(Comparator.comparingDouble(VectorFileSearch::score).reversed())
        .limit(topK)
        .collect(Collectors.toList());
  }

  private static RowData withScore(RowData row, double score) {
    return new JoinedRowData(row, GenericRowData.of(score));
  }

  private static double score(RowData row) {
    return row.getDouble(row.getArity() - 1);
  }

  private static double cosine(float[] left, float[] right) {
    double product = 0;
    double leftSquare = 0;
    double rightSquare = 0;
    for (int i = 0; i < left.length; i++) {
      product += left[i] * right[i];
      leftSquare += left[i] * left[i];
      rightSquare += right[i] * right[i];
    }
    double lengths = Math.sqrt(leftSquare * rightSquare);
    return lengths == 0 ? 0 : product / lengths; // a text without known words has the length 0
  }

  private static final class DecoderContext implements DeserializationSchema.InitializationContext {

    private final FunctionContext context;

    DecoderContext(FunctionContext context) {
      this.context = context;
    }

    @Override
    public MetricGroup getMetricGroup() {
      return context.getMetricGroup();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      return SimpleUserCodeClassLoader.create(VectorFileSearch.class.getClassLoader());
    }
  }
}
