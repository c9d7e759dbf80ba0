package io.github.pyflink.ml.embedded.benchmarks;

import java.util.Random;
import java.util.stream.Collectors;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;

/** The type of a workload's columns, with what PyFlink converts for PemJa. */
enum FieldType {
  DOUBLE(DataTypes.DOUBLE()) {
    @Override
    Object random(Random random) {
      return random.nextDouble();
    }

    @Override
    Object toExternal(RowData row, int column) {
      return row.getDouble(column);
    }

    @Override
    Object toInternal(Object value) {
      return value;
    }
  },

  /** Of 10 to 20 ASCII letters. */
  STRING(DataTypes.STRING()) {
    @Override
    Object random(Random random) {
      return random
          .ints(10 + random.nextInt(11), 'a', 'z' + 1)
          .mapToObj(Character::toString)
          .collect(Collectors.joining());
    }

    @Override
    Object toExternal(RowData row, int column) {
      return row.getString(column).toString();
    }

    @Override
    Object toInternal(Object value) {
      return StringData.fromString((String) value);
    }
  };

  final DataType dataType;

  FieldType(DataType dataType) {
    this.dataType = dataType;
  }

  abstract Object random(Random random);

  /** Returns a field as {@link Double} or {@link String}. */
  abstract Object toExternal(RowData row, int column);

  /** Returns a {@link Double} or {@link String} as a row holds it. */
  abstract Object toInternal(Object value);
}
