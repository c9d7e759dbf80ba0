package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default lies where everybody may write, and code is loaded from it. */
class CacheDirectoryTest {

  @TempDir private Path directory;

  @Test
  void default_is_closed_to_others_and_stays_the_same() throws IOException {
    Path cache = CacheDirectory.below(directory);

    assertThat(cache.getFileName().toString())
        .isEqualTo("pyflink-ml-embedded-" + System.getProperty("user.name"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
    assertThat(CacheDirectory.below(directory)).isEqualTo(cache);
    assertThat(Sources.children(directory)).containsExactly(cache);
  }

  /** Another user may have made a link of that name. */
  @Test
  void link_in_its_place_is_refused() throws IOException {
    Path cache = CacheDirectory.below(directory);
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.delete(cache);
    Files.createSymbolicLink(cache, elsewhere);

    assertThatThrownBy(() -> CacheDirectory.below(directory))
        .hasMessageContaining(cache.toString())
        .hasMessageContaining("not a directory that belongs to the user");
  }
}
