// SPDX-License-Identifier: Apache-2.0
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** Runs the statements of a script, the first argument, on the cluster that {@code flink run} names. */
public final class FraudJob {

  public static void main(String[] arguments) throws Exception {
    TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    for (String statement : Files.readString(Path.of(arguments[0])).split(";")) {
      if (!statement.isBlank()) {
        tables.executeSql(statement).print();
      }
    }
  }
}
