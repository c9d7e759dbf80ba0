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

/** The files of a directory of a Flink file system, or the one file that is in its place. */
final class Listing {

  /** What Python leaves beside modules; no part of a model. */
  static final String BYTECODE = "__pycache__";

  private final boolean directory;

  /** By their relative names. */
  private final SortedMap<String, FileStatus> files = new TreeMap<>();

  private Listing(boolean directory) {
    this.directory = directory;
  }

  /**
   * Lists all files.
   *
   * @throws FileNotFoundException if there is nothing
   * @throws IOException if it cannot be listed, or has names that must not be used here
   */
  static Listing of(FileSystem fileSystem, Path path) throws IOException {
    FileStatus status = fileSystem.getFileStatus(path);
    Listing listing = new Listing(status.isDir());
    Names names = new Names();
    if (status.isDir()) {
      listing.addAll(fileSystem, path, "", names);
    } else {
      listing.files.put(names.add(path.getName(), Names.Kind.FILE), status);
    }
    return listing;
  }

  private void addAll(FileSystem fileSystem, Path directory, String prefix, Names names)
      throws IOException {
    FileStatus[] children = fileSystem.listStatus(directory);
    if (children == null) {
      throw new FileNotFoundException(directory + " is gone");
    }
    for (FileStatus child : children) {
      Interrupts.check();
      String name = prefix + child.getPath().getName();
      // Some object stores list an empty object that stands for the directory itself.
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

  /** Returns what is another when a file was added, removed or written. */
  String fingerprint() {
    Hash hash = new Hash().add(directory ? 1 : 0);
    files.forEach(
        (name, file) -> hash.add(name).add(file.getLen()).add(file.getModificationTime()));
    return hash.hex();
  }
}
