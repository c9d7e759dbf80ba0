// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import org.apache.flink.configuration.ConfigOption;

/** What an option locates, and what is accepted in it. */
enum Content {
  MODEL(
      ModelSourceOptions.MODEL_DIRECTORY_PATH,
      "model",
      "a path or a URI of a directory or of an archive (.zip, .tar.gz, .tgz), such as"
          + " 's3://bucket/models/fraud'",
      50_000,
      16 << 20),
  ENVIRONMENT(
      ModelSourceOptions.PYTHON_ENVIRONMENT,
      "environment",
      "a path or a URI of an archive (.zip, .tar.gz, .tgz), such as"
          + " 's3://bucket/environments/fraud.tar.gz', or a path of a directory",
      500_000,
      128 << 20),
  DEPENDENCY(
      ModelSourceOptions.PYTHON_ARCHIVES,
      "archive",
      "a path or a URI of an archive (.zip, .tar.gz, .tgz), such as 'data.zip#data'",
      500_000,
      128 << 20);

  final ConfigOption<String> option;
  final String noun;
  final String validLocations;

  /** The maximum number of files, directories and links. */
  final int maxNames;

  /** The limit of a zip's directory, which the reader keeps in memory. */
  final long maxZipDirectoryBytes;

  Content(
      ConfigOption<String> option,
      String noun,
      String validLocations,
      int maxNames,
      long maxZipDirectoryBytes) {
    this.option = option;
    this.noun = noun;
    this.validLocations = validLocations;
    this.maxNames = maxNames;
    this.maxZipDirectoryBytes = maxZipDirectoryBytes;
  }
}
