// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The TaskManagers of a host share its cache, and each may be killed at any time. */
class ProcessesTest {

  private static final int FILE_BYTES = 300_000;
  private static final long PLENTY = 10_000_000;
  private static final long NEVER = Long.MAX_VALUE;

  @TempDir private Path directory;
  private Path cache;
  private Path model;

  @BeforeEach
  void makeModel() throws IOException {
    FarFileSystem.reset();
    cache = directory.resolve("cache");
    model = directory.resolve("model");
    Sources.write(model.resolve("a.bin"), FILE_BYTES, 1);
    Sources.write(model.resolve("b.bin"), FILE_BYTES, 2);
  }

  /** A killed TaskManager must leave neither its lease nor a lost download. */
  @Test
  void fetchOfAKilledProcessIsContinued() throws Exception {
    long read;
    try (OtherJvm other = OtherJvm.opening(model, cache, PLENTY, FILE_BYTES + 70_000)) {
      read = Long.parseLong(other.await("stopped"));
      assertThat(Sources.children(cache.resolve("leases"))).hasSize(1);
      other.kill();
    }
    assertThat(Sources.children(cache.resolve("models"))).isEmpty();

    Path fetched = source().fetch();

    assertThat(FarFileSystem.BYTES_READ).hasValue(2 * FILE_BYTES - read);
    assertThat(fetched.resolve("a.bin")).hasSameBinaryContentAs(model.resolve("a.bin"));
    assertThat(fetched.resolve("b.bin")).hasSameBinaryContentAs(model.resolve("b.bin"));
    Sources.assertNothingIsLeftOf(cache);
  }

  /** Several TaskManagers of a host open the same model at once. */
  @Test
  void processesOfAHostFetchOnce() throws Exception {
    try (OtherJvm one = OtherJvm.opening(model, cache, PLENTY, NEVER);
        OtherJvm two = OtherJvm.opening(model, cache, PLENTY, NEVER)) {
      String[] first = one.await("open").split(" ");
      String[] second = two.await("open").split(" ");

      assertThat(Long.parseLong(first[0]) + Long.parseLong(second[0])).isEqualTo(2 * FILE_BYTES);
      assertThat(second[1]).isEqualTo(first[1]);
    }
  }

  /** It becomes evictable when that process closes it or dies. */
  @Test
  void entryInUseByAnotherProcessIsNotEvicted() throws Exception {
    Path other = directory.resolve("other");
    Sources.write(other.resolve("c.bin"), FILE_BYTES, 3);
    Sources second = Sources.far(other).cachedIn(cache).atMost(2 * FILE_BYTES);
    for (boolean killed : new boolean[] {true, false}) {
      try (OtherJvm user = OtherJvm.opening(model, cache, PLENTY, NEVER)) {
        Path used = Path.of(user.await("open").split(" ")[1]);

        assertThatThrownBy(second::open)
            .hasMessageContaining("of which " + 2 * FILE_BYTES + " are in use");
        assertThat(used.resolve("a.bin")).exists();

        if (killed) {
          user.kill();
        } else {
          user.closeModel();
        }
        assertThat(second.fetch()).isDirectory();
        assertThat(used).doesNotExist();
      }
      // The next round must need the capacity again.
      Sources.write(other.resolve("c.bin"), FILE_BYTES, 4);
    }
  }

  private Sources source() {
    return Sources.far(model).cachedIn(cache);
  }
}
