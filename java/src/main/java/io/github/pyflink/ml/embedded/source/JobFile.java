// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.flink.api.common.cache.DistributedCache;
import org.apache.flink.api.common.cache.DistributedCache.DistributedCacheEntry;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.WritableConfig;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.api.ValidationException;

/**
 * A file or directory that a job brings to its TaskManagers by Flink's distributed cache. A local
 * one is uploaded with the job; one of a distributed file system is copied by each TaskManager.
 */
final class JobFile implements Serializable {

  private static final long serialVersionUID = 1L;

  private final String option;
  private final String location;
  private final String cacheName;

  private JobFile(String option, String location, String cacheName) {
    this.option = option;
    this.location = location;
    this.cacheName = cacheName;
  }

  /**
   * Adds a file to the configuration of the job that is being planned, as PyFlink does for the
   * files of its UDFs: when the job is built, Flink reads its distributed cache from there.
   *
   * @param prefix the prefix of its name in the distributed cache
   * @param identity equal for files of the prefix that are the same one
   * @throws ValidationException if a local file does not exist here, or the configuration cannot be
   *     changed
   */
  static JobFile add(
      ReadableConfig job,
      ConfigOption<String> option,
      String location,
      String prefix,
      String identity) {
    JobFile file = new JobFile(option.key(), location, prefix + "_" + sha256(identity));
    if (!(job instanceof WritableConfig)) {
      throw file.refusal(
          "cannot be given to the job, because the planner's configuration is read-only. Use a"
              + " TableEnvironment of Flink.");
    }
    file.requireExists();
    List<String> entries =
        new ArrayList<>(job.getOptional(PipelineOptions.CACHED_FILES).orElse(List.of()));
    boolean isKnown =
        DistributedCache.parseCachedFilesFromString(entries).stream()
            .anyMatch(entry -> entry.f0.equals(file.cacheName));
    if (!isKnown) {
      entries.addAll(
          DistributedCache.parseStringFromCachedFiles(
              List.of(Tuple2.of(file.cacheName, new DistributedCacheEntry(location, false)))));
      ((WritableConfig) job).set(PipelineOptions.CACHED_FILES, entries);
    }
    return file;
  }

  /** Returns the last segment of the location. */
  String name() {
    return new Path(location).getName();
  }

  /**
   * Returns the path on this TaskManager, which Flink removes some time after the task has ended.
   *
   * @param cached returns a file of the distributed cache
   */
  java.nio.file.Path fetch(Function<String, File> cached) throws IOException {
    try {
      return cached.apply(cacheName).toPath();
    } catch (IllegalArgumentException e) {
      throw new FileNotFoundException(
          "The job does not bring it. Its list of files was replaced after the query was planned:"
              + " set 'pipeline.cached-files' instead of calling registerCachedFile.");
    } catch (RuntimeException e) {
      Interrupts.check();
      throw new IOException("It cannot be copied to this TaskManager: " + Problems.text(e), e);
    }
  }

  /** Returns a failure that names the option and the location. */
  IOException failure(Exception problem) {
    return new IOException(
        String.format(
            "'%s' of the option '%s' cannot be used: %s", this, option, Problems.text(problem)),
        problem);
  }

  /** Returns the location, without user information, which may hold a password. */
  @Override
  public String toString() {
    return Location.withoutUserInfo(location);
  }

  private void requireExists() {
    boolean isMissing;
    try {
      Path path = new Path(location);
      FileSystem fileSystem = path.getFileSystem();
      isMissing = !fileSystem.isDistributedFS() && !fileSystem.exists(path);
    } catch (IllegalArgumentException e) {
      throw refusal("is not a path or a URI: " + e.getMessage());
    } catch (IOException e) { // only TaskManagers may have its file system
      return;
    }
    if (isMissing) {
      throw refusal(
          String.format(
              "does not exist on this host, which uploads it with the job. The working directory is"
                  + " '%s'. Write an absolute path, or a URI of a file system that Flink supports.",
              java.nio.file.Path.of("").toAbsolutePath()));
    }
  }

  private ValidationException refusal(String problem) {
    return new ValidationException(
        String.format("'%s' of the option '%s' %s", this, option, problem));
  }

  /** Returns the SHA-256 of the text alone, as PyFlink names its files. */
  private static String sha256(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Hash().add(bytes, bytes.length).hex();
  }
}
