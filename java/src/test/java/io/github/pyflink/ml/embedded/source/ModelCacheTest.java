// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache is shared by independent jobs. */
class ModelCacheTest {

  private static final int FILE_BYTES = 100_000;

  @TempDir private Path directory;
  private Path cache;
  private Path models;

  @BeforeEach
  void reset() {
    FarFileSystem.reset();
    cache = directory.resolve("cache");
    models = cache.resolve("models");
  }

  @AfterEach
  void letReadersGo() {
    FarFileSystem.reset();
  }

  /** The second job on a host must not read the model again. */
  @Test
  void modelIsFetchedOnce() throws IOException {
    Sources source = model("a");

    Path first = source.fetch();
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    assertThat(source.fetch()).isEqualTo(first);
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
  }

  /** All subtasks of a job open the model at the same moment. */
  @Test
  void concurrentSubtasksFetchOnce() throws Exception {
    Sources source = model("a");
    ExecutorService subtasks = Executors.newFixedThreadPool(8);
    try {
      List<Future<Path>> fetched = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        fetched.add(subtasks.submit(source::fetch));
      }
      for (Future<Path> each : fetched) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isDirectory();
      }
    } finally {
      subtasks.shutdownNow();
    }
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    Sources.assertNothingIsLeftOf(cache);
  }

  /** A copied model must not take space twice. */
  @Test
  void sameContentFromTwoUrisSharesAnEntry() throws IOException {
    Path first = model("a", 1).fetch();
    Path second = model("b", 1).fetch();

    assertThat(second).isEqualTo(first);
    assertThat(Sources.children(models)).containsExactly(first);
  }

  /** Code of one job's model must not change the model of another job. */
  @Test
  void entryIsReadOnly() throws IOException {
    Path entry = model("a").fetch();

    for (Path each : List.of(entry, entry.resolve("lib"), entry.resolve("lib/weights.bin"))) {
      assertThat(Files.getPosixFilePermissions(each))
          .doesNotContain(PosixFilePermission.OWNER_WRITE, PosixFilePermission.OTHERS_WRITE);
    }
  }

  /** A full cache keeps the models that are most likely to be used again. */
  @Test
  void leastRecentlyUsedEntryIsEvicted() throws IOException {
    Path a = model("a", 1).fetch();
    Path b = model("b", 2).fetch();
    Path c = model("c", 3).fetch();
    Sources.setLastUsed(a, 2000);
    Sources.setLastUsed(b, 1000);
    Sources.setLastUsed(c, 3000);

    Path d = model("d", 4).atMost(6 * FILE_BYTES).fetch();

    assertThat(Sources.children(models)).containsExactlyInAnyOrder(a, c, d);
    assertThat(Sources.children(cache.resolve("index"))).hasSize(3);
    Sources.assertNothingIsLeftOf(cache);
  }

  /** A model that a long job has just closed is not old. */
  @Test
  void openAndCloseBothCountAsUse() throws IOException {
    Path a = model("a", 1).fetch();
    Path b = model("b", 2).fetch();
    Sources.setLastUsed(a, 1000);
    Sources.setLastUsed(b, 2000);
    ModelDirectory again = model("a", 1).open();
    assertThat(Files.getLastModifiedTime(a)).isGreaterThan(Files.getLastModifiedTime(b));
    Sources.setLastUsed(a, 1000);
    again.close();

    Path c = model("c", 3).atMost(4 * FILE_BYTES).fetch();

    assertThat(Sources.children(models)).containsExactlyInAnyOrder(a, c);
  }

  /** Python loads modules and weights lazily from the directory. */
  @Test
  void entryInUseIsNotEvicted() throws IOException {
    try (ModelDirectory used = model("a", 1).open()) {
      Path b = model("b", 2).fetch();
      Sources.setLastUsed(Path.of(used.path()), 1000);

      Path c = model("c", 3).atMost(4 * FILE_BYTES).fetch();

      assertThat(Sources.children(models)).containsExactlyInAnyOrder(Path.of(used.path()), c);
      assertThat(b).doesNotExist();
      assertThatThrownBy(model("d", 4).atMost(3 * FILE_BYTES)::open)
          .hasMessageContaining("'model-cache-max-size'")
          .hasMessageContaining("of which 200000 are in use");
      assertThat(c).isDirectory();
    }
  }

  /** A directory that one user closes twice may still have another user. */
  @Test
  void entryIsInUseUntilItsLastUserCloses() throws IOException {
    ModelDirectory first = model("a", 1).open();
    try (ModelDirectory second = model("a", 1).open()) {
      first.close();
      first.close();

      assertThatThrownBy(model("b", 2).atMost(2 * FILE_BYTES)::open)
          .hasMessageContaining("'model-cache-max-size'");
      assertThat(Path.of(second.path())).isDirectory();
    }
    assertThat(model("b", 2).atMost(2 * FILE_BYTES).fetch()).isDirectory();
  }

  /** Hours of download must not end in this error. */
  @Test
  void modelLargerThanTheCacheIsRejectedBeforeItIsRead() throws IOException {
    assertThatThrownBy(model("a").atMost(2 * FILE_BYTES - 1)::open)
        .hasMessageContaining("'model-cache-max-size'")
        .hasMessageContaining("at least 200000 bytes");
    assertThat(FarFileSystem.BYTES_READ).hasValue(0);
  }

  /** A broken connection must not cost what was already read. */
  @Test
  void failedFetchIsContinued() throws IOException {
    Sources source = model("a");
    long failAt = FILE_BYTES + 65_536; // in the second file
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes >= failAt) {
            throw new IOException("connection reset");
          }
        };
    assertThatThrownBy(source::open).hasMessageContaining("connection reset");
    assertThat(Sources.children(models)).isEmpty();
    FarFileSystem.beforeRead = bytes -> {};

    Path fetched = source.fetch();

    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    assertThat(fetched.resolve("lib/weights.bin"))
        .hasSameBinaryContentAs(directory.resolve("a/lib/weights.bin"));
  }

  /** Nobody continues the download of a version that was replaced. */
  @Test
  void partialOfAnOlderVersionIsRemoved() throws IOException {
    Sources source = model("a");
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes >= FILE_BYTES) {
            throw new IOException("connection reset");
          }
        };
    assertThatThrownBy(source::open).hasMessageContaining("connection reset");
    assertThat(Sources.children(cache.resolve("downloads"))).hasSize(1);
    FarFileSystem.reset();
    Sources.write(directory.resolve("a/more.py"), 10, 9);

    source.fetch();

    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES + 10);
    Sources.assertNothingIsLeftOf(cache);
  }

  /** The job that began the download may never return. */
  @Test
  void abandonedPartialIsEvicted() throws IOException {
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes >= FILE_BYTES) {
            throw new IOException("connection reset");
          }
        };
    assertThatThrownBy(model("a", 1)::open).hasMessageContaining("connection reset");
    FarFileSystem.reset();

    model("b", 2).atMost(2 * FILE_BYTES + 10).fetch();

    Sources.assertNothingIsLeftOf(cache);
  }

  /** A mix of two versions must not become an entry. */
  @Test
  void modelThatChangesDuringTheFetchIsFetchedAgain() throws IOException {
    Sources source = model("a");
    boolean[] changed = {false};
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes > FILE_BYTES && !changed[0]) {
            changed[0] = true;
            Sources.write(directory.resolve("a/fraud.py"), 50_000, 8);
          }
        };

    Path fetched = source.fetch();

    assertThat(fetched.resolve("fraud.py")).hasSameBinaryContentAs(directory.resolve("a/fraud.py"));
    assertThat(Sources.children(models)).containsExactly(fetched);
    Sources.assertNothingIsLeftOf(cache);
  }

  /** The fetch must follow the listing that is valid at its end. */
  @Test
  void fileDeletedDuringTheFetchIsNotPartOfTheModel() throws IOException {
    Sources source = model("a");
    FarFileSystem.beforeRead =
        bytes -> Files.deleteIfExists(directory.resolve("a/lib/weights.bin"));

    Path fetched = source.fetch();

    assertThat(fetched.resolve("fraud.py")).exists();
    assertThat(fetched.resolve("lib")).doesNotExist();
  }

  /** The fetch must end even if a writer does not. */
  @Test
  void modelThatKeepsChangingFails() throws IOException {
    Sources source = model("a");
    int[] changes = {0};
    FarFileSystem.beforeRead =
        bytes -> Sources.write(directory.resolve("a/more" + changes[0]++), 10, 8);

    assertThatThrownBy(source::open).hasMessageContaining("the listing afterwards differs");
    assertThat(Sources.children(models)).isEmpty();
  }

  /** Flink cancels a task by interrupting its thread. */
  @Test
  void interruptEndsAFetchThatTheNextContinues() throws Exception {
    Sources source = model("a");
    CountDownLatch reading = new CountDownLatch(1);
    FarFileSystem.beforeRead =
        bytes -> {
          if (bytes >= FILE_BYTES) {
            reading.countDown();
            Interrupts.sleep(60_000);
          }
        };
    Opening fetching = new Opening(source);
    reading.await();
    Opening waiting = new Opening(source);
    while (waiting.thread.getState() != Thread.State.TIMED_WAITING && !waiting.failure.isDone()) {
      Thread.onSpinWait();
    }

    waiting.assertEndsWhenInterrupted();
    fetching.assertEndsWhenInterrupted();

    FarFileSystem.beforeRead = bytes -> {};
    source.fetch();
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    Sources.assertNothingIsLeftOf(cache);
  }

  /** The readers of some file systems ignore interrupts. */
  @Test
  void interruptIsNoticedBetweenReads() throws IOException {
    FarFileSystem.beforeRead = bytes -> Thread.currentThread().interrupt();

    assertThatThrownBy(model("a")::open).isInstanceOf(InterruptedIOException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(FarFileSystem.BYTES_READ.get()).isLessThan(FILE_BYTES);
  }

  /** A crash of the machine may leave truncated files. */
  @Test
  void invalidIndexFileIsIgnored() throws IOException {
    Path fetched = model("a").fetch();
    for (String content : new String[] {"", "..", "0"}) {
      for (Path known : Sources.children(cache.resolve("index"))) {
        Files.writeString(known, content);
      }
      assertThat(model("a").fetch()).isEqualTo(fetched);
    }
  }

  /** A disk that fails, or a hand that edits, must not change what a job predicts. */
  @Test
  void changedEntryIsFetchedAgain() throws IOException {
    Path entry = model("a").fetch();
    Path code = entry.resolve("fraud.py");
    for (Change change :
        List.<Change>of(
            () -> Files.writeString(code, "evil"),
            () -> Files.delete(code),
            () -> Files.writeString(entry.resolve("more.py"), "evil"),
            () -> Files.setPosixFilePermissions(code, PosixFilePermissions.fromString("rw-rw-rw-")),
            () -> {
              FileTime before = Files.getLastModifiedTime(code);
              byte[] content = Files.readAllBytes(code);
              content[0] ^= 1;
              Files.write(code, content);
              Files.setLastModifiedTime(code, before);
            })) {
      FileTree.setWritable(entry, true);
      FileTree.setWritable(code, true);
      change.make();

      assertThat(model("a").fetch()).isEqualTo(entry);
      assertThat(code).hasSameBinaryContentAs(directory.resolve("a/fraud.py"));
      assertThat(entry.resolve("more.py")).doesNotExist();
    }
    Sources.assertNothingIsLeftOf(cache);
  }

  /** A job whose files vanish would fail in ways that nobody understands. */
  @Test
  void changedEntryThatIsInUseIsRefused() throws IOException {
    try (ModelDirectory used = model("a").open()) {
      Path code = Path.of(used.path()).resolve("fraud.py");
      FileTree.setWritable(code, true);
      Files.writeString(code, "evil");

      assertThatThrownBy(model("a")::open)
          .hasMessageContaining("was changed after it was fetched: the hash of its content is not")
          .hasMessageContaining("Other jobs use it.");
    }
  }

  /** An interpreter whose user may write anywhere, such as root in a container, adds it. */
  @Test
  void bytecodeIsNotAChange() throws IOException {
    Path entry = model("a").fetch();
    FileTree.setWritable(entry, true);
    Sources.write(entry.resolve("__pycache__/fraud.cpython-311.pyc"), 10, 1);
    long read = FarFileSystem.BYTES_READ.get();

    assertThat(model("a").fetch()).isEqualTo(entry);
    assertThat(FarFileSystem.BYTES_READ).hasValue(read);
  }

  /** Somebody else may have created it in a directory that everybody may write to. */
  @Test
  void cacheThatOthersMayWriteToIsRefused() throws IOException {
    model("a").fetch();
    Files.setPosixFilePermissions(
        cache.resolve("index"), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(model("a")::open)
        .hasMessageContaining("other users may write to '" + cache.resolve("index") + "'")
        .hasMessageContaining("'model-cache-directory'");
  }

  private interface Change {
    void make() throws IOException;
  }

  /** The message names the directory and the option to change. */
  @Test
  void unusableCacheDirectoryIsReported() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(Sources.far(model("a", 1, "x")).cachedIn(file)::open)
        .hasMessageContaining("'model-cache-directory'")
        .hasMessageContaining(file.toString());
  }

  private Sources model(String name) throws IOException {
    return model(name, name.hashCode());
  }

  private Sources model(String name, long seed) throws IOException {
    return Sources.far(model(name, seed, "lib/weights.bin")).cachedIn(cache);
  }

  /** Creates a model of two files, unless it exists. */
  private Path model(String name, long seed, String second) throws IOException {
    Path model = directory.resolve(name);
    if (!Files.exists(model)) {
      Sources.write(model.resolve("fraud.py"), FILE_BYTES, seed);
      Sources.write(model.resolve(second), FILE_BYTES, seed + 1000);
    }
    return model;
  }

  /** A thread that opens a model. */
  private static final class Opening {
    final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    final Thread thread;

    Opening(Sources source) {
      thread =
          new Thread(
              () -> {
                try {
                  source.open();
                  failure.complete(null);
                } catch (Throwable e) {
                  failure.complete(Thread.currentThread().isInterrupted() ? e : null);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    void assertEndsWhenInterrupted() throws Exception {
      thread.interrupt();
      assertThat(failure.get(60, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }
  }
}
