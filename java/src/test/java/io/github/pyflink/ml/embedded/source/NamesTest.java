package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pyflink.ml.embedded.source.Names.Kind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A name from elsewhere must become one path below the model's directory, or none. */
class NamesTest {

  private final Names names = new Names();

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
  void name_that_may_lead_elsewhere_is_refused(String name) {
    assertThatThrownBy(() -> names.add(name, Kind.FILE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not allowed");
  }

  @ParameterizedTest
  @CsvSource({"./a/b, a/b", "a//b, a/b", "a/./b, a/b", "..a/b.., ..a/b..", "a b, a b"})
  void name_is_brought_into_one_form(String name, String expected) throws IOException {
    assertThat(names.add(name, Kind.FILE)).isEqualTo(expected);
  }

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
  void second_name_for_one_path_is_refused(String first, String second) throws IOException {
    names.add(first, Kind.FILE);

    assertThatThrownBy(() -> names.add(second, Kind.FILE)).hasMessageContaining("is not allowed");
  }

  /** Writing through a link is the way out of a directory. */
  @Test
  void nothing_lies_below_a_link() throws IOException {
    names.add("link", Kind.LINK);

    assertThatThrownBy(() -> names.add("link/file", Kind.FILE))
        .hasMessageContaining("is not allowed");
  }

  @Test
  void directory_may_be_named_again() throws IOException {
    names.add("a/b", Kind.FILE);

    assertThat(names.add("a/", Kind.DIRECTORY)).isEqualTo("a");
    assertThat(names.add("./", Kind.DIRECTORY)).isEmpty();
  }

  @Test
  void number_of_names_is_bounded() throws IOException {
    for (int i = 0; i < Names.MAX_NAMES; i++) {
      names.add("file" + i, Kind.FILE);
    }
    assertThatThrownBy(() -> names.add("one more", Kind.FILE)).hasMessageContaining("50000");
  }

  /** The names of the directories above it take the square of its length. */
  @Test
  void length_of_a_name_is_bounded() {
    assertThatThrownBy(() -> names.add("a/".repeat(1000) + "a", Kind.FILE))
        .hasMessageContaining("longer than 1024")
        .hasMessageContaining("...");
  }
}
