package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.moderation.WordList.Action;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WordListTest {
  private static final WordList WORDS =
      new WordList(
          List.of(
              "# a comment",
              "",
              "deny scum",
              "mask  darn",
              "hold buy followers",
              "mask /zz+top/",
              "deny 坏词"));

  private static Action action(String text) {
    return WORDS.check(text).action();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "scum",
        "you SCUM!",
        "ｓｃｕｍ", // full width
        "s\u200bc\u200du\u2060m", // invisible characters
        "s\ufffcc\u2800um", // ones that fonts show as nothing or as a blank
        "ѕсum", // Cyrillic
        "sc\u0336u\u0301m", // combining marks
        "sc\u1ab0u\u20ddm\ufe20", // rarer ones
        "sc\u05b0u\u0e38m", // marks of other scripts
        "5\udb40\udd00cum", // a variant of a digit
        "🆂🅒🇺🅼", // letters among the symbols
        "ꜱᴄᴜᴍ", // small capitals
        "ꮪꮯսꮇ", // Cherokee and Armenian
        "$cum",
        "𝓼𝓬𝓾𝓶", // mathematical letters
        "before ⓢⓒⓤⓜ after",
        "这是坏词吗"
      })
  void disguisesAreSeenThrough(String text) {
    assertThat(action(text)).isEqualTo(Action.DENY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"scumble", "s c u m", "5 (um", "Moscumber", "455", "buy the followers"})
  void whatMerelyContainsAWordIsLeftAlone(String text) {
    assertThat(action(text)).isEqualTo(Action.ALLOW);
    assertThat(WORDS.check(text).text()).isEqualTo(text);
  }

  @Test
  void aPhraseMatchesWhateverIsBetweenItsWords() {
    assertThat(action("please BUY, followers now")).isEqualTo(Action.HOLD);
  }

  @ParameterizedTest
  @CsvSource({
    "well darn it, well **** it",
    "DÄRN, ****",
    "d\u200barn x, ***** x",
    "a zzztop b, a ****** b",
    "😀 darn 😀, 😀 **** 😀"
  })
  void aMaskCoversTheOriginalAndNothingElse(String text, String masked) {
    assertThat(WORDS.check(text)).isEqualTo(new WordList.Verdict(Action.MASK, masked));
  }

  /** A voiced letter is another letter: one word is rude, the other is a grave. */
  @Test
  void marksThatMakeAnotherLetterAreNoDisguise() {
    WordList rude = new WordList(List.of("deny ばか"));
    assertThat(rude.check("はか").action()).isEqualTo(Action.ALLOW);
    assertThat(rude.check("あのばか").action()).isEqualTo(Action.DENY);
  }

  /** Whatever of a pattern may be missing, the pattern is tried. */
  @ParameterizedTest
  @CsvSource({
    "/b[a4]dw?ord/, xx b4dord xx",
    "/ab?c*dx+e{0}f/, adxxf",
    "/ab{2}c/, abbc",
    "/x[ab]{12}/, xabababababab",
    "/[+a]b/, xx+b",
    "/[]a]bc/, ]bc",
    "/[abc]?xyz/, xyz",
    "/(foo|bar)baz/, barbaz",
    "/a\\.b/, a.b",
    "/^begin/, begin",
    "/ABC/, xabcx",
    "/a.c/, abc"
  })
  void aPatternIsTriedOnEachTextThatItMayMatch(String pattern, String text) {
    WordList list = new WordList(List.of("deny " + pattern));
    assertThat(list.check(text).action()).isEqualTo(Action.DENY);
    assertThat(list.check("nothing of it").action()).isEqualTo(Action.ALLOW);
  }

  @Test
  void theStrictestActionWins() {
    assertThat(action("darn scum, buy followers")).isEqualTo(Action.DENY);
    assertThat(action("darn, buy followers")).isEqualTo(Action.HOLD);
  }

  @Test
  void aWordBehindOneThatGrowsInItsNormalFormIsFound() {
    assertThat(action("\uFDFA".repeat(100) + " scum")).isEqualTo(Action.DENY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ban x", "deny", "deny ...", "deny /(/", "mask /(a)\\1/", "deny /(a{100}){100}/"})
  void anInvalidLineIsNamed(String line) {
    assertThatThrownBy(() -> new WordList(List.of("deny fine", line)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 2");
  }

  @Test
  void patternsAreBoundedTogether() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      lines.add("deny /" + "(a|b)".repeat(30) + i + "/");
    }
    assertThatThrownBy(() -> new WordList(lines)).hasMessageContaining("instructions");
  }

  @Test
  void aPatternMadeToExplodeMatchesInStepsThatGrowWithTheText() {
    WordList words =
        new WordList(List.of("deny /^(a+)+$/", "deny /(x+x+)+y/", "deny /(.*)*z{3}$/"));
    // With a backtracking engine this takes longer than the universe has existed.
    assertThat(words.check("a".repeat(400) + "!").action()).isEqualTo(Action.ALLOW);
    assertThat(words.check("x".repeat(500)).action()).isEqualTo(Action.ALLOW);
    assertThat(words.check("a".repeat(300)).action()).isEqualTo(Action.DENY);
  }
}
