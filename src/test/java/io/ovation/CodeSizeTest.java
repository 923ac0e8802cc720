package io.ovation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps files small enough to read in one go, and class names unique. */
class CodeSizeTest {
  private static final int LONGEST_FILE = 400;

  @Test
  void filesAreShort() {
    List<Integer> lines =
        classes("src/main/java").stream().map(CodeSizeTest::lines).sorted().toList();
    assertThat(lines.get(lines.size() - 1)).as("longest").isLessThanOrEqualTo(LONGEST_FILE);
    assertThat(lines.get(lines.size() * 9 / 10)).as("nine in ten").isLessThanOrEqualTo(250);
    assertThat(lines.get(lines.size() / 2)).as("median").isBetween(60, 110);
  }

  @Test
  void noTwoClassesHaveOneSimpleName() {
    Map<String, Path> seen = new HashMap<>();
    TreeSet<String> twice = new TreeSet<>();
    Stream.of("src/main/java", "src/test/java")
        .flatMap(root -> classes(root).stream())
        .forEach(
            file -> {
              if (seen.put(file.getFileName().toString(), file) != null) {
                twice.add(file.getFileName().toString());
              }
            });
    assertThat(twice).isEmpty();
  }

  private static List<Path> classes(String root) {
    try (Stream<Path> files = Files.walk(Path.of(root))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.endsWith("package-info.java"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return (int) lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
