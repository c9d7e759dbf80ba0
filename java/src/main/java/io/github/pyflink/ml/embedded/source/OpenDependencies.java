// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.annotation.Nullable;
import javax.annotation.concurrent.GuardedBy;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files on this host that a job brings to a model. Owns their leases in the cache; closing
 * releases them, so it must be open as long as the model is.
 */
@Internal
public final class OpenDependencies implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OpenDependencies.class);

  /** The archives with an executable that this JVM runs, by path. They are never released. */
  @GuardedBy("KEPT")
  private static final List<ModelDirectory> KEPT = new ArrayList<>();

  private final List<ModelDirectory> held = new ArrayList<>();
  private final List<String> importPaths = new ArrayList<>();
  @Nullable private String archives;
  @Nullable private String executable;

  /** The archive that has the executable, if one does. */
  @Nullable private ModelDirectory home;

  /** Creates them without files; takes what is added. */
  OpenDependencies(@Nullable String executable) {
    this.executable = executable;
  }

  void addImports(ModelDirectory directory) {
    held.add(directory);
    importPaths.add(directory.path());
  }

  void hold(ModelDirectory directory) {
    held.add(directory);
  }

  void setArchives(ModelDirectory links) {
    held.add(links);
    archives = links.path();
  }

  void setExecutable(Path path, ModelDirectory archive) {
    executable = path.toString();
    home = archive;
  }

  /** Returns whether the job brings nothing to the model. */
  public boolean isEmpty() {
    return importPaths.isEmpty() && archives == null;
  }

  /** Returns the directories in which modules are searched after the model's own. */
  public List<String> importPaths() {
    return importPaths;
  }

  /** Returns the directory that has one directory for each archive, or null. */
  @Nullable
  public String archives() {
    return archives;
  }

  /** Returns the Python executable: a path, a name on the PATH, or null for the default. */
  @Nullable
  public String executable() {
    return executable;
  }

  /** Identifies the files by their content. */
  public String version() {
    return importPaths + " " + archives;
  }

  /** Keeps the executable's archive as long as this JVM lives, because its CPython does. */
  public void keepExecutable() {
    if (home == null) {
      return;
    }
    synchronized (KEPT) {
      String path = home.path();
      if (KEPT.stream().noneMatch(kept -> kept.path().equals(path))) {
        held.remove(home);
        KEPT.add(home);
      }
    }
  }

  @Override
  public void close() {
    for (ModelDirectory directory : held) {
      try {
        directory.close();
      } catch (IOException e) { // it stays in the cache, which affects no row
        LOG.warn("The files in '{}' cannot be released", directory.path(), e);
      }
    }
    held.clear();
  }
}
