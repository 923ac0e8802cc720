package io.ovation;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** docs/requirements.md has a row for each requirement, and each test that it names exists. */
class RequirementsTest {
  private static final Path DOCUMENT = Path.of("docs", "requirements.md");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([A-Z]\\d+) \\|(.*)\\|$");
  private static final Pattern CLAIM = Pattern.compile("`(\\w+)#(\\w+)`");

  /** How many requirements each chapter has. */
  private static final Map<String, Integer> CHAPTERS =
      Map.ofEntries(
          entry("L", 33),
          entry("V", 20),
          entry("Q", 20),
          entry("P", 14),
          entry("C", 5),
          entry("F", 20),
          entry("R", 12),
          entry("T", 10),
          entry("M", 9),
          entry("S", 4),
          entry("O", 10),
          entry("D", 5));

  @Test
  void everyRequirementHasOneRowWithATestOrAGap() throws IOException {
    List<String> expected = new ArrayList<>();
    CHAPTERS.forEach(
        (letter, count) -> IntStream.rangeClosed(1, count).forEach(i -> expected.add(letter + i)));
    List<MatchResult> rows = ROW.matcher(Files.readString(DOCUMENT)).results().toList();
    assertThat(rows.stream().map(row -> row.group(1)))
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(rows)
        .allMatch(row -> CLAIM.matcher(row.group(2)).find() || row.group(2).contains("gap"));
  }

  @Test
  void everyTestNamedIsThere() throws IOException {
    Map<String, String> sources = testSources();
    assertThat(
            CLAIM
                .matcher(Files.readString(DOCUMENT))
                .results()
                .filter(claim -> !declares(sources.get(claim.group(1)), claim.group(2)))
                .map(MatchResult::group))
        .isEmpty();
  }

  private static boolean declares(@Nullable String source, String method) {
    return source != null && source.contains("void " + method + "(");
  }

  /** A test that a class inherits counts as its own: contract suites are abstract classes. */
  private static Map<String, String> testSources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        String name = file.getFileName().toString();
        sources.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
      }
    }
    return sources;
  }
}
