// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/**
 * The options of models' and environments' files; users find them in {@code GenericPythonOptions}.
 */
@Internal
public final class ModelSourceOptions {

  public static final ConfigOption<String> MODEL_DIRECTORY_PATH =
      ConfigOptions.key("model-directory-path")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The directory with the model's Python modules and files, or an archive of it (.zip,"
                  + " .tar.gz, .tgz): a path on every TaskManager, or a URI of a file system that"
                  + " Flink supports there.");

  public static final ConfigOption<String> MODEL_CACHE_DIRECTORY =
      ConfigOptions.key("model-cache-directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The directory on every TaskManager that holds fetched models. The default is"
                  + " 'pyflink-ml-embedded-<user>' in the JVM's directory for temporary files.");

  public static final ConfigOption<MemorySize> MODEL_CACHE_MAX_SIZE =
      ConfigOptions.key("model-cache-max-size")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(10 * 1024))
          .withDescription(
              "The capacity of the model cache. When it is reached, models that are not in use are"
                  + " evicted, least recently used first.");

  public static final ConfigOption<Duration> MODEL_RELOAD_INTERVAL =
      ConfigOptions.key("model-reload-interval")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "The interval at which to check for a new version of the model, which then replaces the"
                  + " old one while the job runs. With 0 a job keeps the version that it started with.");

  public static final ConfigOption<String> PYTHON_ENVIRONMENT =
      ConfigOptions.key("python-environment")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A packed Python environment that the model's worker processes run in: a venv, or what"
                  + " venv-pack or conda-pack wrote (.zip, .tar.gz, .tgz). A path on every"
                  + " TaskManager, or a URI of a file system that Flink supports there.");

  public static final ConfigOption<String> PYTHON_FILES =
      ConfigOptions.key("python.files")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Modules that the job brings to the model: .py files, archives (.zip, .whl, .egg,"
                  + " .tar.gz, .tgz) and directories, separated by commas. Those of Flink's option of"
                  + " the same name come after them.");

  public static final ConfigOption<String> PYTHON_ARCHIVES =
      ConfigOptions.key("python.archives")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Archives (.zip, .tar.gz, .tgz) that the job brings to the model, as"
                  + " 'archive#directory', separated by commas. Those of Flink's option of the same"
                  + " name are added, except for directories that these have too.");

  public static final ConfigOption<String> PYTHON_REQUIREMENTS =
      ConfigOptions.key("python.requirements")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A requirements file, or 'file#directory' with a directory of downloaded packages,"
                  + " which are installed for the model on each TaskManager. Without it, Flink's"
                  + " option of the same name is used.");

  private ModelSourceOptions() {}
}
