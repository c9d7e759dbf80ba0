// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Sources that create a table {@code numbers (x DOUBLE)} of 1 to 20. */
enum NumberSource {
  /** A FLIP-27 source: open and predict run on the task thread. */
  FILESYSTEM {
    @Override
    void createTable(SqlSession session) {
      session.csvTable(
          "numbers",
          "x DOUBLE",
          IntStream.rangeClosed(1, COUNT).mapToObj(Integer::toString).toArray(String[]::new));
    }
  },

  /** Predict runs on the legacy source thread, open on the task thread. */
  DATAGEN {
    @Override
    void createTable(SqlSession session) {
      session.execute(
          "CREATE TABLE numbers (x DOUBLE) WITH ('connector' = 'datagen',"
              + " 'fields.x.kind' = 'sequence', 'fields.x.start' = '1', 'fields.x.end' = '"
              + COUNT
              + "')");
    }
  },

  /** Predict runs on the legacy source thread, open on the task thread. */
  VALUES {
    @Override
    void createTable(SqlSession session) {
      session.execute(
          IntStream.rangeClosed(1, COUNT)
              .mapToObj(x -> "(" + x + "e0)")
              .collect(
                  Collectors.joining(
                      ", ", "CREATE VIEW numbers AS SELECT * FROM (VALUES ", ") AS t(x)")));
    }
  };

  static final int COUNT = 20;

  abstract void createTable(SqlSession session);
}
