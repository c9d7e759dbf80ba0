// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** The files of a directory in a Flink file system, or a single file. */
final class Listing {

  /** Python's bytecode caches, which are not part of a model. */
  static final String BYTECODE = "__pycache__";

  private final boolean directory;

  /** The files by relative name. */
  private final SortedMap<String, FileStatus> files = new TreeMap<>();

  private Listing(boolean directory) {
    this.directory = directory;
  }

  /**
   * Lists all files.
   *
   * @throws FileNotFoundException if the path does not exist
   * @throws IOException if it cannot be listed, or has names that are not allowed
   */
  static Listing of(FileSystem fileSystem, Path path) throws IOException {
    FileStatus status = fileSystem.getFileStatus(path);
    Listing listing = new Listing(status.isDir());
    Names names = new Names(Content.MODEL);
    if (status.isDir()) {
      listing.addAll(fileSystem, path, "", names);
    } else if (fileSystem.exists(path)) {
      listing.files.put(names.add(path.getName(), Names.Kind.FILE), status);
    } else { // a directory that is removed meanwhile looks like a file
      throw new FileNotFoundException(path + " no longer exists");
    }
    return listing;
  }

  private void addAll(FileSystem fileSystem, Path directory, String prefix, Names names)
      throws IOException {
    FileStatus[] children = fileSystem.listStatus(directory);
    if (children == null) {
      throw new FileNotFoundException(directory + " no longer exists");
    }
    for (FileStatus child : children) {
      Interrupts.check();
      String name = prefix + child.getPath().getName();
      // Some object stores list an empty object that represents the directory itself.
      boolean self = child.getPath().getPath().equals(directory.getPath());
      if (self || child.getPath().getName().equals(BYTECODE)) {
        continue;
      }
      if (child.isDir()) {
        addAll(fileSystem, child.getPath(), names.add(name, Names.Kind.DIRECTORY) + "/", names);
      } else {
        files.put(names.add(name, Names.Kind.FILE), child);
      }
    }
  }

  boolean isDirectory() {
    return directory;
  }

  Collection<String> names() {
    return Collections.unmodifiableCollection(files.keySet());
  }

  FileStatus status(String name) {
    return files.get(name);
  }

  long bytes() {
    return files.values().stream().mapToLong(FileStatus::getLen).sum();
  }

  /** Returns a hash that changes when a file is added, removed or written. */
  String fingerprint() {
    Hash hash = new Hash().add(directory ? 1 : 0);
    files.forEach(
        (name, file) -> hash.add(name).add(file.getLen()).add(file.getModificationTime()));
    return hash.hex();
  }
}
