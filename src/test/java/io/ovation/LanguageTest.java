package io.ovation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Comments, messages and documents are in plain English: no phrase listed here is in any file. */
class LanguageTest {
  private static final List<String> PLACES =
      List.of("src", "docs", "conf", "bin", "client", "examples", ".");

  private static final Pattern FILE =
      Pattern.compile(".*\\.(java|proto|lua|js|mjs|ts|html|css|yaml|xml|md|cfg|conf)|bin/[^.]+");

  private static final Pattern SKIPPED =
      Pattern.compile(
          ".*/(node_modules|target)/.*|LICENSE|NOTICE|THIRD-PARTY.md|.*/LanguageTest.java");

  private static final String HEADLESS =
      "(?:^|[.;:,(|*/\"'>] ?|\\b(?:and|as|but|by|for|from|how|if|of|or|than|that|to|what|while) )";

  /** By what to write instead. */
  private static final Map<String, Pattern> PHRASES = new LinkedHashMap<>();

  static {
    PHRASES.put("again", Pattern.compile("\\b[Aa]new\\b"));
    PHRASES.put("at random", Pattern.compile("\\bby chance\\b"));
    PHRASES.put("last error:", Pattern.compile("\\bat last:"));
    PHRASES.put(
        "a viewer that joins, a node that leaves …",
        Pattern.compile(
            HEADLESS + "[Ww]ho (?:joins|returns|comes|never|watches|resumes|rejoins|leaves)\\b"));
    // "so many that" and "so long as" are English.
    PHRASES.put(
        "for this time, this many …",
        Pattern.compile("\\b[Ss]o (?:long|many|often)\\b(?! as\\b)(?!(?: [\\w'-]+){0,5} that\\b)"));
    PHRASES.put("even if empty", Pattern.compile("\\bbe it nothing\\b"));
    PHRASES.put("the existing …", Pattern.compile("\\bwhat is there\\b"));
  }

  @Test
  void everyFileIsInPlainEnglish() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Path file : files()) {
      faults.addAll(faults(file.toString(), Files.readString(file)));
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void phrasesAreFoundWhereverALineBreaks() {
    assertThat(faults("F", "/**\n * Waits for so\n * long, then begins\n * anew.\n */"))
        .containsExactly("F:4: \"anew\": again", "F:2: \"so long\": for this time, this many …");
    assertThat(faults("F", "// Who joins sees it; to who returns it is told.")).hasSize(2);
    assertThat(faults("F", "log.warn(\"failed, at last: {}\")")).hasSize(1);
  }

  @Test
  void englishThatLooksAlikeIsLeftAlone() {
    assertThat(faults("F", "Everyone who watches; viewers who leave; a user who never wrote"))
        .isEmpty();
    assertThat(faults("F", "so many viewers that it fails; so long as it lives; renewed"))
        .isEmpty();
  }

  private static List<Path> files() throws IOException {
    Map<String, Path> found = new TreeMap<>();
    for (String place : PLACES) {
      int depth = place.equals(".") ? 1 : Integer.MAX_VALUE;
      try (Stream<Path> walk = Files.walk(Path.of(place), depth)) {
        walk.map(Path::normalize)
            .filter(file -> FILE.matcher(name(file)).matches())
            .filter(file -> !SKIPPED.matcher(name(file)).matches())
            .filter(Files::isRegularFile)
            .forEach(file -> found.put(name(file), file));
      }
    }
    assertThat(found).containsKeys("README.md", "conf/ovation.yaml", "bin/start");
    return List.copyOf(found.values());
  }

  private static String name(Path file) {
    return file.toString().replace('\\', '/');
  }

  /** Each as {@code file:line: "phrase": what to write instead}. */
  private static List<String> faults(String file, String text) {
    // One line, without the marks at the beginning of a comment's lines: phrases go on over them.
    StringBuilder words = new StringBuilder();
    TreeMap<Integer, Integer> lines = new TreeMap<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      lines.put(words.length(), ++number);
      String said = line.replaceFirst("^\\s*(?:\\*(?!/)|//|#+|--)?\\s*", "").stripTrailing();
      words.append(said.isEmpty() ? ". " : said + " ");
    }
    List<String> faults = new ArrayList<>();
    PHRASES.forEach(
        (instead, phrase) -> {
          Matcher match = phrase.matcher(words);
          while (match.find()) {
            int line = lines.floorEntry(match.start()).getValue();
            faults.add(file + ":" + line + ": \"" + match.group() + "\": " + instead);
          }
        });
    return faults;
  }
}
