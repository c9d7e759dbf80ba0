// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.annotation.Nullable;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ModelDescriptor;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.IOUtils;

/** A table environment on the shared cluster, with its own tables and models. */
final class SqlSession {

  private final TableEnvironment tables;

  SqlSession() {
    this(1);
  }

  SqlSession(int parallelism) {
    Configuration configuration = SharedCluster.clientConfiguration();
    configuration.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
    configuration.setString("python.executable", Python.executable());
    tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inStreamingMode()
                .withConfiguration(configuration)
                .build());
  }

  SqlSession execute(String statement) {
    tables.executeSql(statement);
    return this;
  }

  /** Creates a table for a CSV file of the lines; {@code \N} is null. */
  SqlSession csvTable(String name, String columns, String... lines) {
    return execute(
        "CREATE TABLE %s (%s) WITH ('connector' = 'filesystem', 'path' = '%s',"
            + " 'format' = 'csv', 'csv.null-literal' = '\\N')",
        name, columns, temporaryFile(lines).toUri());
  }

  /** Creates a model, optionally of a class; options are alternating keys and values. */
  SqlSession model(
      String name, String input, String output, @Nullable String pythonClass, String... options) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("provider", "generic-python");
    all.put("model-directory-path", Python.MODELS.toString());
    if (pythonClass != null) {
      all.put("python-predict-class", pythonClass);
    }
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return execute(
        "CREATE MODEL %s INPUT (%s) OUTPUT (%s) WITH (%s)",
        name,
        input,
        output,
        all.entrySet().stream()
            .map(option -> "'" + option.getKey() + "' = '" + option.getValue() + "'")
            .collect(Collectors.joining(", ")));
  }

  /** Creates a model of the Table API. */
  SqlSession model(String name, ModelDescriptor model) {
    tables.createTemporaryModel(name, model);
    return this;
  }

  /** Plans a query as a Table of the Table API. */
  Table table(String query) {
    return tables.sqlQuery(query);
  }

  /** Submits the job of a statement without waiting for its end. */
  TableResult submit(String statement) {
    return tables.executeSql(statement);
  }

  /** Runs a query and returns its rows in the order of arrival. */
  List<Row> query(String query) {
    return rowsOf(submit(query));
  }

  /** Waits for a submitted job and returns its rows. */
  static List<Row> rowsOf(TableResult result) {
    List<Row> rows = new ArrayList<>();
    CloseableIterator<Row> iterator = result.collect();
    try {
      iterator.forEachRemaining(rows::add);
    } finally {
      IOUtils.closeQuietly(iterator); // cancels a job that is still running
    }
    return rows;
  }

  /**
   * Runs a query that must fail, at planning or while it runs, and returns the messages and stack
   * traces of its exception and all causes.
   */
  String failureOf(String query) {
    Throwable failure = catchThrowable(() -> query(query));
    if (failure == null) {
      throw new AssertionError("expected to fail: " + query);
    }
    return ExceptionUtils.stringifyException(failure);
  }

  private SqlSession execute(String format, Object... arguments) {
    return execute(String.format(format, arguments));
  }

  private static Path temporaryFile(String... lines) {
    try {
      Path file = Files.createTempFile("rows", ".csv");
      file.toFile().deleteOnExit();
      return Files.write(file, List.of(lines));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
