// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is in an archive, it is unpacked into its directory within its limits, or rejected. The
 * system property {@code fuzz.archives} sets the number of archives, {@code fuzz.seed} the first.
 */
class ArchiveFuzzTest {

  private static final int ARCHIVES = Integer.getInteger("fuzz.archives", 200);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final long CAPACITY = 256 << 10;

  @TempDir private Path directory;

  /** A hang is a failure as well. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void archiveStaysInItsDirectory() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    Path cacheDirectory = Files.createDirectory(directory.resolve("cache"));
    ModelCache cache = ModelCache.in(cacheDirectory, CAPACITY);
    Files.createDirectory(cacheDirectory.resolve("downloads/fuzz"));
    Path target = directory.resolve("target");
    Map<Archive, Integer> unpacked = new EnumMap<>(Archive.class);
    String before = outside(target);

    for (long seed = SEED; seed < SEED + ARCHIVES; seed++) {
      Archive format = seed % 2 == 0 ? Archive.ZIP : Archive.TAR_GZ;
      Content content = seed % 3 == 0 ? Content.ENVIRONMENT : Content.MODEL;
      Path archive =
          Files.write(directory.resolve("archive"), HostileArchive.of(format, seed, outside));
      try {
        Path unpackedTo = format.unpack(archive, content, target, new Reservation(cache, "fuzz"));
        assertContained(unpackedTo, content, seed);
        unpacked.merge(format, 1, Integer::sum);
      } catch (InvalidArchiveException | CacheFullException e) {
        assertThat(e.getMessage()).as("seed %d", seed).doesNotContainPattern("\\p{Cntrl}");
        assertThat(target).as("seed %d", seed).doesNotExist();
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
      FileTree.delete(target);
      Files.delete(archive);
      assertThat(outside(target)).as("what is outside, seed %d", seed).isEqualTo(before);
    }
    // Archives that are always rejected would test nothing but the reader.
    assertThat(unpacked.get(Archive.ZIP)).isGreaterThan(ARCHIVES / 50);
    assertThat(unpacked.get(Archive.TAR_GZ)).isGreaterThan(ARCHIVES / 50);
  }

  private void assertContained(Path root, Content content, long seed) throws IOException {
    Path real = root.toRealPath();
    long[] bytes = {0};
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            boolean isInterpreter =
                content == Content.ENVIRONMENT
                    && root.relativize(path).toString().startsWith("bin/python");
            if (attributes.isSymbolicLink() && !isInterpreter) {
              assertThat(path.toRealPath()).as("%s, seed %d", path, seed).startsWith(real);
            } else if (!attributes.isSymbolicLink()) {
              assertThat(attributes.isRegularFile()).as("%s, seed %d", path, seed).isTrue();
              if (content == Content.MODEL) {
                assertThat(Files.getAttribute(path, "unix:nlink")).isEqualTo(1);
              }
              bytes[0] += attributes.size();
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(bytes[0]).as("bytes, seed %d", seed).isLessThanOrEqualTo(CAPACITY);
  }

  /** Describes everything outside of the target. */
  private String outside(Path target) throws IOException {
    StringBuilder found = new StringBuilder();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            if (path.equals(target) || path.endsWith("cache")) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            found.append(path).append('\n');
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            found
                .append(path)
                .append(
                    Files.readAttributes(
                        path, "unix:ino,nlink,mode,size,ctime", LinkOption.NOFOLLOW_LINKS))
                .append('\n');
            return FileVisitResult.CONTINUE;
          }
        });
    return found.toString();
  }
}
