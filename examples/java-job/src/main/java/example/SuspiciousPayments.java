// SPDX-License-Identifier: Apache-2.0
package example;

import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ModelDescriptor;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.ColumnList;
import org.apache.flink.util.CloseableIterator;

/** Scores a stream of payments by a Python model, and prints those that are suspicious. */
public final class SuspiciousPayments {

  /**
   * Runs the job.
   *
   * @param arguments the directory of the model, on every TaskManager
   */
  public static void main(String[] arguments) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    StreamTableEnvironment tables = StreamTableEnvironment.create(env);

    tables.createTemporaryModel(
        "fraud",
        ModelDescriptor.forProvider("generic-python")
            .inputSchema(
                Schema.newBuilder()
                    .column("amount", DataTypes.DOUBLE())
                    .column("country", DataTypes.STRING())
                    .build())
            .outputSchema(
                Schema.newBuilder()
                    .column("score", DataTypes.DOUBLE())
                    .column("suspicious", DataTypes.BOOLEAN())
                    .build())
            .option("model-directory-path", arguments[0])
            .option("python-predict-class", "fraud.FraudModel")
            .option("properties.threshold", "0.7")
            .build());

    DataStream<Payment> payments =
        env.fromData(
            new Payment(1, 23.50, "DE"),
            new Payment(2, 410.00, "FR"),
            new Payment(3, 99.90, "US"),
            new Payment(4, 950.00, "NZ"));
    Table scored =
        tables
            .fromModel("fraud")
            .predict(tables.fromDataStream(payments), ColumnList.of("amount", "country"));

    DataStream<ScoredPayment> suspicious =
        tables.toDataStream(scored, ScoredPayment.class).filter(payment -> payment.suspicious);
    try (CloseableIterator<ScoredPayment> results = suspicious.executeAndCollect()) {
      results.forEachRemaining(System.out::println);
    }
  }
}
