package io.ovation.moderation;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.ovation.moderation.WordList.Action;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the word list passes over quickly is compared with what a search of everything finds. */
class WordListOracleTest {
  private static final String[] WORD_PARTS = {"a", "b", "o", "s", "1", "ä", "ж", "😀", "가"};
  private static final String[] TEXT_PARTS = {
    "a", "b", "o", "s", "0", "@", "$", "1", "!", " ", " ", ".", "A", "ä", "ж", "а", "о", "😀", "가",
    "\u0301", "\u200b", "ｂ"
  };

  /** Several patterns together match what RE2J finds for each of them. */
  @Test
  void patternsTogetherMaskWhatEachOfThemMatches() {
    Random random = new Random(2);
    int masked = 0;
    int left = 0;
    for (int i = 0; i < 1_500; i++) {
      List<Pattern> patterns = patterns(random);
      WordList words =
          new WordList(patterns.stream().map(it -> "mask /" + it.pattern() + "/").toList());
      for (int j = 0; j < 10; j++) {
        String text = PatternScreenTest.any(random, PatternScreenTest.TEXT, 8);
        String expected = masked(patterns, text);
        assertThat(words.check(text).text()).as("%s in <%s>", patterns, text).isEqualTo(expected);
        masked += expected.equals(text) ? 0 : 1;
        left += expected.equals(text) ? 1 : 0;
      }
    }
    assertThat(masked).isGreaterThan(300);
    assertThat(left).isGreaterThan(300);
  }

  private static List<Pattern> patterns(Random random) {
    List<Pattern> patterns = new ArrayList<>();
    while (patterns.size() < 3) {
      String source = PatternScreenTest.any(random, PatternScreenTest.PARTS, 6);
      try {
        patterns.add(Pattern.compile(source, Pattern.CASE_INSENSITIVE));
      } catch (PatternSyntaxException e) {
        // Not every row of parts is a pattern.
      }
    }
    return patterns;
  }

  private static String masked(List<Pattern> patterns, String text) {
    NormalizedText normal = new NormalizedText(text);
    BitSet masked = new BitSet();
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(normal.text());
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) {
          masked.set(normal.originalStart(matcher.start()), normal.originalEnd(matcher.end()));
        }
      }
    }
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      out.appendCodePoint(masked.get(at) ? '*' : text.codePointAt(at));
    }
    return out.toString();
  }

  @Test
  void wordsAreFoundWhereverASearchOfAllTokensFindsThem() {
    Random random = new Random(3);
    int found = 0;
    int left = 0;
    for (int i = 0; i < 1_000; i++) {
      List<String> words =
          IntStream.range(0, 3)
              .mapToObj(n -> PatternScreenTest.any(random, WORD_PARTS, 2))
              .filter(word -> word.matches(".*\\p{L}.*"))
              .toList();
      WordList list = new WordList(words.stream().map(word -> "deny " + word).toList());
      Set<String> denied = words.stream().map(NormalizedText::of).collect(toSet());
      for (int j = 0; j < 10; j++) {
        String text = PatternScreenTest.any(random, TEXT_PARTS, 8);
        String normal = NormalizedText.of(text);
        boolean expected = hasWord(normal, denied, false) || hasWord(normal, denied, true);
        assertThat(list.check(text).action() == Action.DENY)
            .as("%s in <%s>", words, text)
            .isEqualTo(expected);
        found += expected ? 1 : 0;
        left += expected ? 0 : 1;
      }
    }
    assertThat(found).isGreaterThan(300);
    assertThat(left).isGreaterThan(300);
  }

  private static boolean hasWord(String text, Set<String> denied, boolean disguised) {
    String others = disguised ? "[^\\p{L}\\p{Nd}😀@$!|+]+" : "[^\\p{L}\\p{Nd}😀]+";
    for (String token : text.split(others)) {
      boolean mixed = token.matches(".*\\p{L}.*") && token.matches(".*[0134578@$!|+].*");
      if (disguised && !mixed) {
        continue;
      }
      if (denied.contains(disguised ? letters(token) : token)) {
        return true;
      }
    }
    return false;
  }

  private static String letters(String token) {
    String signs = "0134578@$!|+";
    StringBuilder out = new StringBuilder();
    for (char c : token.toCharArray()) {
      out.append(signs.indexOf(c) < 0 ? c : "oieastbasiit".charAt(signs.indexOf(c)));
    }
    return out.toString();
  }

  /** Texts of ASCII alone are not normalized character by character. */
  @Test
  void aTextOfAsciiHasTheNormalFormThatItHasBehindAnotherCharacter() {
    Random random = new Random(4);
    for (int i = 0; i < 100_000; i++) {
      String text =
          random.ints(random.nextInt(12), 0, 0x80).mapToObj(Character::toString).collect(joining());
      NormalizedText whole = new NormalizedText("\u00e9" + text);
      assertThat("e" + NormalizedText.of(text)).isEqualTo(whole.text());
      assertThat(whole.originalEnd(whole.text().length())).isEqualTo(text.length() + 1);
    }
  }

  /** Normal forms are remembered; those that depend on the character before are not. */
  @Test
  void aCharacterHasOneNormalFormHoweverOftenItIsAsked() {
    for (int codePoint = 0x80; codePoint < 0x2_0000; codePoint++) {
      String once = NormalizedText.of("a" + Character.toString(codePoint) + "b");
      NormalizedText.of("が" + Character.toString(codePoint) + "b");
      String again = NormalizedText.of("a" + Character.toString(codePoint) + "b");
      if (!again.equals(once)) {
        throw new AssertionError("U+%X: %s, then %s".formatted(codePoint, once, again));
      }
    }
    assertThat(NormalizedText.of("は\u3099")).isNotEqualTo(NormalizedText.of("は"));
    assertThat(NormalizedText.of("क\u093c")).isEqualTo("क\u093c");
    assertThat(NormalizedText.of("a\u093c")).isEqualTo("a");
  }
}
