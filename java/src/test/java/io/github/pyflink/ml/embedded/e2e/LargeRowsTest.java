// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.PredictFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Columns grow for a large value and shrink after it, in both directions, without a loss. */
@NeedsPython
class LargeRowsTest {

  private static final int SIZE = 64 << 20;
  private static final ResolvedSchema SCHEMA =
      ResolvedSchema.of(
          Column.physical("s", DataTypes.STRING()),
          Column.physical("a", DataTypes.ARRAY(DataTypes.DOUBLE())),
          Column.physical("t", DataTypes.ARRAY(DataTypes.STRING())),
          Column.physical("m", DataTypes.MAP(DataTypes.STRING(), DataTypes.BYTES())));
  private static final GenericRowData SMALL = row("small", new double[] {0.5}, 2, 3);

  private PredictFunction echo;

  @BeforeEach
  void open() throws Exception {
    echo = PredictFunctions.open("values.Echo", SCHEMA, SCHEMA);
  }

  @AfterEach
  void close() throws Exception {
    echo.close();
  }

  /** Embeddings of documents and images in BYTES are such rows. */
  @Test
  void rowsOf64MegabytesComeBackBetweenSmallOnes() {
    double[] numbers = IntStream.range(0, SIZE / Double.BYTES).asDoubleStream().toArray();
    List<GenericRowData> rows =
        List.of(
            row("x".repeat(SIZE), new double[0], 0, 0),
            row("", numbers, 0, 0),
            row("", new double[0], 1 << 20, 0),
            row("", new double[0], 0, SIZE));

    for (GenericRowData row : rows) {
      assertEchoed(SMALL);
      assertEchoed(row);
      assertEchoed(SMALL);
      assertEchoed(withNulls());
      assertEchoed(SMALL);
    }
  }

  private void assertEchoed(GenericRowData row) {
    List<RowData> results = List.copyOf(echo.predict(row));

    assertThat(results).hasSize(1);
    GenericRowData result = (GenericRowData) results.get(0);
    assertThat(result.getField(0)).isEqualTo(row.getField(0));
    assertThat(result.getField(1)).isEqualTo(row.getField(1));
    assertThat(result.getField(2)).isEqualTo(row.getField(2));
    assertThat(entries(result)).isEqualTo(entries(row));
  }

  private static Map<Object, ByteBuffer> entries(GenericRowData row) {
    GenericMapData map = (GenericMapData) row.getField(3);
    if (map == null) {
      return Map.of();
    }
    Object[] keys = ((GenericArrayData) map.keyArray()).toObjectArray();
    return Arrays.stream(keys)
        .collect(Collectors.toMap(key -> key, key -> ByteBuffer.wrap((byte[]) map.get(key))));
  }

  private static GenericRowData row(String text, double[] numbers, int texts, int bytes) {
    return GenericRowData.of(
        StringData.fromString(text),
        new GenericArrayData(numbers),
        new GenericArrayData(
            IntStream.range(0, texts)
                .mapToObj(i -> StringData.fromString("text " + i))
                .toArray(StringData[]::new)),
        new GenericMapData(Map.of(StringData.fromString("key"), new byte[bytes])));
  }

  private static GenericRowData withNulls() {
    return GenericRowData.of(
        null, new GenericArrayData(new Double[] {null, 1.0, null}), null, null);
  }
}
