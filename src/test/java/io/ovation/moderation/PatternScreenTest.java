package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternScreenTest {
  static final String[] PARTS = {
    "a", "b", "k", "S", "ä", "ſ", "😀", ".", "^", "$", "|", "(", ")", "(?:", "*", "+", "?", "{2}",
    "{0,2}", "{1,}", "[ab]", "[^ab]", "[a-c]", "[^ks]", "[ä-ü]", "[^ä]", "[]a]", "[a-]", "\\d",
    "\\W", "[\\w-]", "\\.", "\\b", "\\\\", "\n", "-", "[^\\W]", "\\S"
  };

  static final String[] TEXT = {
    "a", "b", "c", "k", "s", "S", "ä", "ſ", "\u212A", "😀", ".", "1", " ", "\n", "-", "]", "\\",
    "\ud83d"
  };

  static String any(Random random, String[] of, int most) {
    StringBuilder out = new StringBuilder();
    for (int i = random.nextInt(most + 1); i >= 0; i--) {
      out.append(of[random.nextInt(of.length)]);
    }
    return out.toString();
  }

  /** A hundred thousand texts and patterns made of what is special in either. */
  @Test
  void noTextThatMatchesIsScreenedOut() {
    Random random = new Random(1);
    int screened = 0;
    int matches = 0;
    for (int i = 0; i < 20_000; i++) {
      String source = any(random, PARTS, 6);
      Pattern pattern;
      try {
        pattern = Pattern.compile(source, Pattern.CASE_INSENSITIVE);
      } catch (PatternSyntaxException e) {
        continue;
      }
      PatternScreen screen = PatternScreen.of(source);
      for (int j = 0; j < 20 && screen != null; j++) {
        String text = any(random, TEXT, 6);
        boolean found = pattern.matcher(text).find();
        boolean mayMatch = screen.mayMatch(text.toCharArray());
        assertThat(mayMatch || !found).as("%s in <%s>", source, text).isTrue();
        screened += mayMatch ? 0 : 1;
        matches += found ? 1 : 0;
      }
    }
    assertThat(screened).isGreaterThan(10_000);
    assertThat(matches).isGreaterThan(10_000);
  }

  /** Each would cost RE2J a step per character and repetition. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(x+x+)+y",
        "(x?){20}x{20}y",
        "(((x|x+)+)+)+$",
        "(.*)*z{3}$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a|aa)+$",
        "(a|a?)+b$",
        "x*x*x*x*x*x*y"
      })
  void aTextMadeToBeSlowIsScreenedOut(String pattern) {
    PatternScreen screen = Objects.requireNonNull(PatternScreen.of(pattern));
    for (String text :
        new String[] {"x".repeat(400) + " " + "a".repeat(90) + "!", "a".repeat(490) + "!"}) {
      assertThat(screen.mayMatch(text.toCharArray())).as(pattern).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(?i)a", "(?P<n>a)", "\\pL", "\\Qa", "\\x41", "a{", "[[:alpha:]]", "\\Aa"})
  void whatIsNotKnownIsNotScreened(String pattern) {
    assertThat(PatternScreen.of(pattern)).isNull();
  }

  /** Its automaton has a state for each of the last sixteen letters. */
  @Test
  void aPatternOfTooManyStatesScreensNothingFurther() {
    PatternScreen screen = Objects.requireNonNull(PatternScreen.of("a[ab]{15}c"));
    Random random = new Random(1);
    boolean passed = false;
    for (int i = 0; i < 100; i++) {
      StringBuilder text = new StringBuilder();
      random.ints(400, 0, 2).forEach(n -> text.append(n == 0 ? 'a' : 'b'));
      passed |= screen.mayMatch(text.toString().toCharArray());
    }
    assertThat(passed).isTrue();
    assertThat(screen.mayMatch("b".repeat(400).toCharArray())).isFalse();
  }

  @Test
  void statesOfTextsThatCameOnceMakeRoomForThoseThatComeNow() {
    PatternScreen screen = Objects.requireNonNull(PatternScreen.of("a[ab]{15}c|(z+z+)+y"));
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      StringBuilder text = new StringBuilder();
      random.ints(400, 0, 2).forEach(n -> text.append(n == 0 ? 'a' : 'b'));
      screen.mayMatch(text.toString().toCharArray());
    }
    String slow = "z".repeat(400);
    assertThat(screen.mayMatch(slow.toCharArray())).isTrue(); // There is no room for its states.
    int texts = 1;
    while (screen.mayMatch(slow.toCharArray()) && texts < 2_000) {
      texts++;
    }
    assertThat(texts).isLessThan(1_000);
  }

  /** Making states takes longer than using them: a text may not hold up the others. */
  @Test
  void aTextThatNeedsManyNewStatesIsNotScreenedFurther() {
    PatternScreen screen = Objects.requireNonNull(PatternScreen.of("x{300}y"));
    String text = "x".repeat(299);
    assertThat(screen.mayMatch(text.toCharArray())).isTrue();
    assertThat(screen.mayMatch(text.toCharArray())).isTrue();
    assertThat(screen.mayMatch(text.toCharArray())).isFalse();
  }
}
