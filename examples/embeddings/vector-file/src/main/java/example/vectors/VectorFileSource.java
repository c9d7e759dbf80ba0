// SPDX-License-Identifier: Apache-2.0
package example.vectors;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.VectorSearchTableSource;
import org.apache.flink.table.connector.source.search.VectorSearchFunctionProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A table of vectors, as VECTOR_SEARCH sees it. */
final class VectorFileSource implements VectorSearchTableSource {

  private final String path;
  private final DecodingFormat<DeserializationSchema<RowData>> format;
  private final DataType rowType;

  VectorFileSource(
      String path, DecodingFormat<DeserializationSchema<RowData>> format, DataType rowType) {
    this.path = path;
    this.format = format;
    this.rowType = rowType;
  }

  @Override
  public VectorSearchRuntimeProvider getSearchRuntimeProvider(VectorSearchContext context) {
    int[][] columns = context.getSearchColumns();
    if (columns.length != 1 || columns[0].length != 1) {
      throw new ValidationException("VECTOR_SEARCH must name one column that is not nested.");
    }
    return VectorSearchFunctionProvider.of(
        new VectorFileSearch(path, format.createRuntimeDecoder(context, rowType), columns[0][0]));
  }

  @Override
  public DynamicTableSource copy() {
    return new VectorFileSource(path, format, rowType);
  }

  @Override
  public String asSummaryString() {
    return "vectors in " + path;
  }
}
