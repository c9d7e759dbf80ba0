// SPDX-License-Identifier: Apache-2.0
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.util.ExceptionUtils;

/**
 * Runs SQL statements in this JVM in order, and continues after a failure.
 *
 * <p>Arguments: a file of statements, as a JSON array of strings, and then options as key=value.
 * Prints a line for each statement: RESULT and a JSON object with "rows" or with "failure". The job
 * of an INSERT or of an EXECUTE PLAN is not awaited; its one row is the job's id.
 */
public final class RunSql {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RunSql() {}

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    for (String option : Arrays.asList(arguments).subList(1, arguments.length)) {
      String[] keyAndValue = option.split("=", 2);
      configuration.setString(keyAndValue[0], keyAndValue[1]);
    }
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().withConfiguration(configuration).build());
    String[] statements =
        JSON.readValue(Files.readString(Path.of(arguments[0])), String[].class);
    for (String statement : statements) {
      System.out.println("\nRESULT " + run(tables, statement));
    }
    System.exit(0); // threads of a model's library may not be daemons
  }

  private static ObjectNode run(TableEnvironment tables, String statement) {
    ObjectNode result = JSON.createObjectNode();
    try {
      List<String> rows = new ArrayList<>();
      TableResult outcome = tables.executeSql(statement);
      if (statement.startsWith("INSERT") || statement.startsWith("EXECUTE PLAN")) {
        rows.add(outcome.getJobClient().orElseThrow().getJobID().toString());
      } else {
        outcome.collect().forEachRemaining(row -> rows.add(row.toString()));
      }
      return result.set("rows", JSON.valueToTree(rows));
    } catch (Exception e) {
      return result.put("failure", ExceptionUtils.stringifyException(e));
    }
  }
}
