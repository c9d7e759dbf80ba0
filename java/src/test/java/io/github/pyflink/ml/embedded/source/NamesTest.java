// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.source.Names.Kind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An untrusted name becomes one path in the model's directory or is rejected. */
class NamesTest {

  private final Names names = new Names(Content.MODEL);

  /** The names come from an untrusted archive. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a/..",
        "C:/windows",
        "c:up",
        "a\\..\\up",
        "nul\0.py",
        "line\nbreak",
        ".",
        ""
      })
  void nameThatMayLeaveTheDirectoryIsRejected(String name) {
    assertThatThrownBy(() -> names.add(name, Kind.FILE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not allowed");
  }

  /** Different spellings of a path must collide. */
  @ParameterizedTest
  @CsvSource({"./a/b, a/b", "a//b, a/b", "a/./b, a/b", "..a/b.., ..a/b..", "a b, a b"})
  void nameIsNormalized(String name, String expected) throws IOException {
    assertThat(names.add(name, Kind.FILE)).isEqualTo(expected);
  }

  /** The second file would overwrite the first on some file systems. */
  @ParameterizedTest
  @CsvSource({
    "a/b, a/b",
    "a/b, A/b",
    "a/b, a/B",
    "a/b, A",
    "\u00e9, e\u0301",
    "a/b, a/b/c",
    "a/b, a"
  })
  void secondNameOfAPathIsRejected(String first, String second) throws IOException {
    names.add(first, Kind.FILE);

    assertThatThrownBy(() -> names.add(second, Kind.FILE)).hasMessageContaining("is not allowed");
  }

  /** A write through a link could leave the directory. */
  @Test
  void nameBelowALinkIsRejected() throws IOException {
    names.add("link", Kind.LINK);

    assertThatThrownBy(() -> names.add("link/file", Kind.FILE))
        .hasMessageContaining("is not allowed");
  }

  /** Archives list directories before or after their files. */
  @Test
  void directoryMayOccurAgain() throws IOException {
    names.add("a/b", Kind.FILE);

    assertThat(names.add("a/", Kind.DIRECTORY)).isEqualTo("a");
    assertThat(names.add("./", Kind.DIRECTORY)).isEmpty();
  }

  /** Names are kept in memory. */
  @Test
  void numberOfNamesIsLimited() throws IOException {
    for (int i = 0; i < Content.MODEL.maxNames; i++) {
      names.add("file" + i, Kind.FILE);
    }
    assertThatThrownBy(() -> names.add("one more", Kind.FILE)).hasMessageContaining("50000");
  }

  /** The memory for a name's parent directories grows with the square of its length. */
  @Test
  void lengthOfANameIsLimited() {
    assertThatThrownBy(() -> names.add("a/".repeat(1000) + "a", Kind.FILE))
        .hasMessageContaining("longer than 1024")
        .hasMessageContaining("...");
  }
}
