// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** A decorated function and adapted code predict in SQL. */
@NeedsPython
class FunctionsTest {

  /** The option python-predict-class takes the name of a function as that of a class. */
  @Test
  void decoratedFunctionPredicts() {
    List<Row> rows =
        new SqlSession()
            .csvTable("payments", "amount DOUBLE, country STRING", "3,DE", "4,\\N")
            .model(
                "decorated",
                "amount DOUBLE, country STRING",
                "score DOUBLE, label STRING",
                "decorated.data_class")
            .query(
                "SELECT score, label FROM"
                    + " ML_PREDICT(TABLE payments, MODEL decorated, DESCRIPTOR(amount, country))");

    assertThat(rows).containsExactly(Row.of(1.5, "DE"), Row.of(2.0, null));
  }

  /** It has no import of Flink. */
  @Test
  void adaptedCodePredicts() {
    List<Row> rows =
        new SqlSession()
            .csvTable("numbers", "a DOUBLE, b DOUBLE", "1,2", "3,4")
            .model("spark", "a DOUBLE, b DOUBLE", "total DOUBLE", "adapted.Sum", "batch-size", "4")
            .query("SELECT total FROM ML_PREDICT(TABLE numbers, MODEL spark, DESCRIPTOR(a, b))");

    assertThat(rows).containsExactly(Row.of(3.0), Row.of(7.0));
  }
}
