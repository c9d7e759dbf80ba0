// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default directory is in one that is writable by everybody, and code is loaded from it. */
class CacheDirectoryTest {

  @TempDir private Path directory;

  /** Code is loaded from the cache, so no other user may write to it. */
  @Test
  void defaultIsPrivateAndStable() throws IOException {
    Path cache = CacheDirectory.below(directory);

    assertThat(cache.getFileName().toString())
        .isEqualTo("pyflink-ml-embedded-" + System.getProperty("user.name"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
    assertThat(CacheDirectory.below(directory)).isEqualTo(cache);
    assertThat(Sources.children(directory)).containsExactly(cache);
  }

  /** Whoever could write there may have left code. */
  @Test
  void directoryThatOthersMayWriteToIsRejected() throws IOException {
    Path cache = CacheDirectory.below(directory);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwx---"));

    assertThatThrownBy(() -> CacheDirectory.below(directory))
        .hasMessageContaining("other users may write to '" + cache + "' (rwxrwx---)");
  }

  /** Another user may have created a link of that name in the directory for temporary files. */
  @Test
  void linkInPlaceOfTheDefaultIsRejected() throws IOException {
    Path cache = CacheDirectory.below(directory);
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.delete(cache);
    Files.createSymbolicLink(cache, elsewhere);

    assertThatThrownBy(() -> CacheDirectory.below(directory))
        .hasMessageContaining(cache.toString())
        .hasMessageContaining("not a directory that belongs to the user");
  }
}
