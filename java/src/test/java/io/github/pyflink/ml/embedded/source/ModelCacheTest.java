package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
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

/** The cache is shared by jobs that know nothing of each other. */
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

  @Test
  void model_is_fetched_once() throws IOException {
    Sources source = model("a");

    Path first = source.fetch();
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    assertThat(source.fetch()).isEqualTo(first);
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
  }

  @Test
  void subtasks_that_start_together_fetch_once() throws Exception {
    Sources source = model("a");
    ExecutorService subtasks = Executors.newFixedThreadPool(8);
    try {
      List<Future<Path>> fetched = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        fetched.add(subtasks.submit(source::fetch));
      }
      for (Future<Path> each : fetched) {
        assertThat(each.get(30, TimeUnit.SECONDS)).isDirectory();
      }
    } finally {
      subtasks.shutdownNow();
    }
    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES);
    Sources.assertNothingIsLeftOf(cache);
  }

  @Test
  void same_content_of_two_places_is_one_entry() throws IOException {
    Path first = model("a", 1).fetch();
    Path second = model("b", 1).fetch();

    assertThat(second).isEqualTo(first);
    assertThat(Sources.children(models)).containsExactly(first);
  }

  /** What one job's model does must not reach another's. */
  @Test
  void entry_is_read_only() throws IOException {
    Path entry = model("a").fetch();

    for (Path each : List.of(entry, entry.resolve("lib"), entry.resolve("lib/weights.bin"))) {
      assertThat(Files.getPosixFilePermissions(each))
          .doesNotContain(PosixFilePermission.OWNER_WRITE, PosixFilePermission.OTHERS_WRITE);
    }
  }

  @Test
  void least_recently_used_makes_room() throws IOException {
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

  @Test
  void use_counts_when_it_begins_and_when_it_ends() throws IOException {
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

  @Test
  void what_is_used_is_not_removed() throws IOException {
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

  /** The last of two users counts, closed twice or not. */
  @Test
  void entry_is_in_use_until_its_last_user_closes() throws IOException {
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

  @Test
  void model_larger_than_the_cache_is_refused_before_it_is_read() throws IOException {
    assertThatThrownBy(model("a").atMost(2 * FILE_BYTES - 1)::open)
        .hasMessageContaining("'model-cache-max-size'")
        .hasMessageContaining("at least 200000 bytes");
    assertThat(FarFileSystem.BYTES_READ).hasValue(0);
  }

  /** A network that breaks must not cost what was read. */
  @Test
  void fetch_that_fails_is_continued() throws IOException {
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

  @Test
  void partial_of_an_older_version_is_removed() throws IOException {
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

  /** What a job that never comes back has begun. */
  @Test
  void partial_of_another_model_makes_room() throws IOException {
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

  /** A half new, half old model would be worse than none. */
  @Test
  void model_that_changes_meanwhile_is_fetched_anew() throws IOException {
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

  @Test
  void file_that_goes_away_meanwhile_is_no_part_of_the_model() throws IOException {
    Sources source = model("a");
    FarFileSystem.beforeRead =
        bytes -> Files.deleteIfExists(directory.resolve("a/lib/weights.bin"));

    Path fetched = source.fetch();

    assertThat(fetched.resolve("fraud.py")).exists();
    assertThat(fetched.resolve("lib")).doesNotExist();
  }

  @Test
  void model_that_never_rests_is_an_error() throws IOException {
    Sources source = model("a");
    int[] changes = {0};
    FarFileSystem.beforeRead =
        bytes -> Sources.write(directory.resolve("a/more" + changes[0]++), 10, 8);

    assertThatThrownBy(source::open).hasMessageContaining("the listing afterwards differs");
    assertThat(Sources.children(models)).isEmpty();
  }

  /** Flink cancels a task by interrupting its thread. */
  @Test
  void interrupt_ends_a_fetch_that_the_next_continues() throws Exception {
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

  /** Readers of some file systems do not care for interrupts. */
  @Test
  void interrupt_is_seen_between_two_reads() throws IOException {
    FarFileSystem.beforeRead = bytes -> Thread.currentThread().interrupt();

    assertThatThrownBy(model("a")::open).isInstanceOf(InterruptedIOException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(FarFileSystem.BYTES_READ.get()).isLessThan(FILE_BYTES);
  }

  /** A machine that crashes may leave files of no content. */
  @Test
  void broken_index_is_no_answer() throws IOException {
    Path fetched = model("a").fetch();
    for (String content : new String[] {"", "..", "0"}) {
      for (Path known : Sources.children(cache.resolve("index"))) {
        Files.writeString(known, content);
      }
      assertThat(model("a").fetch()).isEqualTo(fetched);
    }
  }

  @Test
  void directory_that_cannot_be_used_is_named() throws IOException {
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

  /** Makes a model of two files, once. */
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
      assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }
  }
}
