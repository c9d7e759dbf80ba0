// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a model prints can be shown in a log, and in the terminal of whoever reads it. */
class OutputLinesTest {

  /** An empty line says nothing, and the last line may have no end. */
  @Test
  void eachLineIsPassedOn() throws IOException {
    assertThat(lines("one\n\ntwo\r\nthree")).containsExactly("one", "two", "three");
  }

  /** Escapes move the cursor, clear the screen and change colors. */
  @Test
  void controlCharactersAreEscaped() throws IOException {
    assertThat(lines("50%\r100%\u001b[2J\u0000\u009b\u2028 tab\t\n"))
        .containsExactly("50%\\x0d100%\\x1b[2J\\x00\\x9b\\u2028 tab\t");
  }

  /** A model may print bytes. */
  @Test
  void bytesThatAreNotUtf8AreReplaced() throws IOException {
    byte[] bytes = {'a', (byte) 0xff, (byte) 0xc3, '\n', (byte) 0x80, 'b'};

    assertThat(lines(bytes)).containsExactly("a\ufffd\ufffd", "\ufffdb");
  }

  /** The memory for a line is limited, and a character must not be cut into two that are wrong. */
  @ParameterizedTest
  @ValueSource(strings = {"x", "\u00e9", "\u20ac", "\ud83d\ude00"})
  void longLineIsCutBetweenCharacters(String character) throws IOException {
    for (int offset = 0; offset < 4; offset++) {
      String text = "-".repeat(offset) + character.repeat(20_000);

      List<String> lines = lines(text + "\n");

      assertThat(String.join("", lines)).isEqualTo(text);
      assertThat(lines).hasSizeGreaterThan(1);
      assertThat(lines)
          .allSatisfy(
              line ->
                  assertThat(line.getBytes(StandardCharsets.UTF_8).length)
                      .isLessThanOrEqualTo(16 << 10));
    }
  }

  /** No character has so many bytes, so the line is cut anywhere. */
  @Test
  void longLineOfFollowingBytesIsCut() throws IOException {
    byte[] bytes = new byte[40_000];
    Arrays.fill(bytes, (byte) 0x80);

    assertThat(String.join("", lines(bytes))).isEqualTo("\ufffd".repeat(40_000));
  }

  private static List<String> lines(String text) throws IOException {
    return lines(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> lines(byte[] bytes) throws IOException {
    List<String> lines = new ArrayList<>();
    OutputLines.read(new ByteArrayInputStream(bytes), lines::add);
    return lines;
  }
}
