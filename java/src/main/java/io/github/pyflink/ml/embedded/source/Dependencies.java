// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.PYTHON_ARCHIVES;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.PYTHON_FILES;
import static io.github.pyflink.ml.embedded.source.ModelSourceOptions.PYTHON_REQUIREMENTS;

import io.github.pyflink.ml.embedded.python.PythonExecutable;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.annotation.Nullable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of Flink's Python options, which a job brings to a model: modules, archives and
 * requirements. Options of the model come before those of the job.
 */
@Internal
public final class Dependencies implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(Dependencies.class);

  /** Separates a path from the directory that belongs to it. */
  private static final String SEPARATOR = "#";

  private final ArrayList<JobFile> files = new ArrayList<>();

  /** By the name of the directory. */
  private final LinkedHashMap<String, JobFile> archives = new LinkedHashMap<>();

  @Nullable private JobFile requirements;

  /** Downloaded packages of the requirements. */
  @Nullable private JobFile packages;

  private final CacheOptions cache;

  private Dependencies(CacheOptions cache) {
    this.cache = cache;
  }

  /**
   * Reads the options, and adds the files to the configuration of the job that is being planned.
   *
   * @param options those of the model
   * @param job the planner's configuration
   * @throws ValidationException if an option has an invalid value
   */
  public static Dependencies of(ReadableConfig options, ReadableConfig job) {
    Dependencies dependencies = new Dependencies(CacheOptions.of(options));
    for (ReadableConfig config : List.of(options, job)) {
      for (String location : items(config, PYTHON_FILES)) {
        dependencies.files.add(JobFile.add(job, PYTHON_FILES, location, "python_file", location));
      }
      dependencies.addArchives(items(config, PYTHON_ARCHIVES), job);
      if (dependencies.requirements == null) {
        config
            .getOptional(PYTHON_REQUIREMENTS)
            .ifPresent(value -> dependencies.setRequirements(value, job));
      }
    }
    return dependencies;
  }

  private static List<String> items(ReadableConfig config, ConfigOption<String> option) {
    return Stream.of(config.getOptional(option).orElse("").split(","))
        .map(String::strip)
        .filter(item -> !item.isEmpty())
        .collect(Collectors.toList());
  }

  private void addArchives(List<String> items, ReadableConfig job) {
    Map<String, JobFile> added = new LinkedHashMap<>();
    for (String item : items) {
      String[] parts = item.split(SEPARATOR, 2);
      String name = parts[0].substring(parts[0].lastIndexOf('/') + 1);
      String target = parts.length == 1 ? name : parts[1];
      if (!Archive.isArchive(name)) {
        throw invalid(
            item, "is not an archive. Valid are names that end with .zip, .tar.gz or .tgz");
      }
      if (target.isEmpty() || target.contains("/") || target.startsWith(".")) {
        throw invalid(item, "has no valid directory. Valid is a name without '/' after the '#'");
      }
      String identity = parts[0] + SEPARATOR + name + (parts.length == 1 ? "" : SEPARATOR + target);
      JobFile archive = JobFile.add(job, PYTHON_ARCHIVES, parts[0], "python_archive", identity);
      if (added.put(target, archive) != null) {
        throw invalid(item, "has the directory of an archive before it. Valid is a name for each");
      }
    }
    added.forEach(archives::putIfAbsent);
  }

  private static ValidationException invalid(String item, String problem) {
    return new ValidationException(
        String.format(
            "'%s' of the option '%s' %s, such as 'data.zip#data'.",
            Location.withoutUserInfo(item), PYTHON_ARCHIVES.key(), problem));
  }

  /** PyFlink removes requirements with its own prefix from the job: these have another prefix. */
  private void setRequirements(String value, ReadableConfig job) {
    String[] parts = value.split(SEPARATOR, 2);
    requirements =
        JobFile.add(job, PYTHON_REQUIREMENTS, parts[0], "model_requirements_file", parts[0]);
    if (parts.length == 2) {
      packages =
          JobFile.add(job, PYTHON_REQUIREMENTS, parts[1], "model_requirements_packages", parts[1]);
    }
  }

  /** Returns whether the executable is in one of the archives: a path relative to them. */
  public boolean hasExecutable(@Nullable String executable) {
    return executable != null
        && executable.contains("/")
        && archives.containsKey(executable.substring(0, executable.indexOf('/')));
  }

  /**
   * Puts the files into the cache of this host, and installs the requirements.
   *
   * @param cached returns a file of Flink's distributed cache
   * @param executable the Python of the model, which may be in an archive
   * @param environment the environment of the model's workers, if it has one
   * @throws InterruptedIOException if the thread was interrupted
   * @throws IOException if a file cannot be used here; it has no cause, because the SQL client
   *     prints only the deepest one
   */
  public OpenDependencies open(
      Function<String, File> cached,
      @Nullable String executable,
      @Nullable EnvironmentSource environment)
      throws IOException {
    OpenDependencies opened = new OpenDependencies(executable);
    if (files.isEmpty() && archives.isEmpty() && requirements == null) {
      return opened;
    }
    try {
      ModelCache models = cache.open();
      DependencyCache unpacked = new DependencyCache(models);
      for (JobFile file : files) {
        opened.addImports(use(file, path -> unpacked.importable(path, file.name()), cached));
      }
      openArchives(opened, unpacked, cached, executable);
      if (requirements != null) {
        install(opened, models, cached, environment);
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      LOG.info("The files of the job cannot be used.", e);
      String message = Problems.text(e);
      throw Thread.currentThread().isInterrupted()
          ? new InterruptedIOException(message)
          : new IOException(message);
    }
  }

  private void openArchives(
      OpenDependencies opened,
      DependencyCache unpacked,
      Function<String, File> cached,
      @Nullable String executable)
      throws IOException {
    SortedMap<String, String> links = new TreeMap<>();
    for (Map.Entry<String, JobFile> each : archives.entrySet()) {
      JobFile file = each.getValue();
      ModelDirectory archive = use(file, path -> unpacked.unpacked(path, file.name()), cached);
      opened.hold(archive);
      links.put(each.getKey(), archive.path());
      if (hasExecutable(executable) && executable.startsWith(each.getKey() + "/")) {
        String relative = executable.substring(each.getKey().length() + 1);
        opened.setExecutable(executableIn(archive, relative, file), archive);
      }
    }
    if (!links.isEmpty()) {
      opened.setArchives(unpacked.links(links));
    }
  }

  private static Path executableIn(ModelDirectory archive, String relative, JobFile file)
      throws IOException {
    Path path = Path.of(archive.path(), relative);
    if (path.endsWith("bin/python")) {
      try {
        return EnvironmentPython.find(path.getParent().getParent());
      } catch (IOException e) {
        throw file.failure(e);
      }
    }
    if (!Files.isExecutable(path) || Files.isDirectory(path)) {
      throw file.failure(
          new IOException(
              "It has no executable file '"
                  + relative
                  + "', which the option 'python.executable' names."));
    }
    return path;
  }

  private void install(
      OpenDependencies opened,
      ModelCache models,
      Function<String, File> cached,
      @Nullable EnvironmentSource environment)
      throws IOException {
    Path file = requirements.fetch(cached);
    Path downloaded = packages == null ? null : packages.fetch(cached);
    if (environment == null) {
      String python = PythonExecutable.find(opened.executable());
      opened.addImports(RequirementsInstaller.install(models, file, downloaded, python));
      return;
    }
    try (EnvironmentDirectory directory = environment.open()) {
      opened.addImports(
          RequirementsInstaller.install(models, file, downloaded, directory.executable()));
    }
  }

  private static ModelDirectory use(JobFile file, Use use, Function<String, File> cached)
      throws IOException {
    try {
      return use.of(file.fetch(cached));
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      throw file.failure(e);
    }
  }

  private interface Use {
    ModelDirectory of(Path path) throws IOException;
  }
}
