package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.http.problem.ProblemException;
import java.text.Normalizer;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputRulesTest {
  /** Characters that nobody sees, or that change what others look like. */
  private static final List<Integer> HIDDEN =
      List.of(
          0x00, 0x07, 0x09, 0x0B, 0x1B, 0x7F, 0x80, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x17B4,
          0x180E, 0x200B, 0x200E, 0x200F, 0x202A, 0x202D, 0x202E, 0x2060, 0x2063, 0x2066, 0x2069,
          0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFF, 0x1D173, 0xE0001, 0xE0041, 0xFDD0, 0x1160,
          0x13430, 0x13441, 0x16FE4, 0x1D159);

  private static final List<Integer> LINE_BREAKS = List.of(0x0A, 0x0D, 0x85, 0x2028, 0x2029);

  @Test
  void aStreamIsOneTo128PlainCharacters() {
    assertThat(InputRules.streamFault("a.B_9:-")).isNull();
    assertThat(InputRules.streamFault("...")).isNull();
    assertThat(InputRules.streamFault("x".repeat(128))).isNull();
    assertThat(InputRules.streamFault("x".repeat(129))).contains("1-128");
    assertThat(InputRules.streamFault("")).contains("1-128");
    assertThat(InputRules.streamFault("a b")).contains("1-128");
    assertThat(InputRules.streamFault("ä")).contains("1-128");
    assertThat(InputRules.streamFault(null)).isEqualTo("is missing");
    assertThat(InputRules.streamFault(7)).isEqualTo("must be a string");
  }

  @ParameterizedTest
  @ValueSource(strings = {".", ".."})
  void aStepInAPathIsNoName(String step) {
    assertThat(InputRules.streamFault(step)).isEqualTo("must not be . or ..");
    assertThat(InputRules.nameFault(step, 64)).isEqualTo("must not be . or ..");
    assertThat(InputRules.userFault(step)).isEqualTo("must not be . or ..");
  }

  @Test
  void usersAndTextsAreCountedInCodePoints() {
    assertThat(InputRules.userFault("👏".repeat(64))).isNull();
    assertThat(InputRules.userFault("👏".repeat(65))).contains("1-64");
    assertThat(InputRules.textFault("👏".repeat(500))).isNull();
    assertThat(InputRules.textFault("x".repeat(501))).contains("1-500");
    assertThat(InputRules.textFault("x".repeat(2000))).contains("1-500");
  }

  @Test
  void theyAreCountedAfterNormalizing() {
    String decomposed = "e\u0301";
    assertThat(InputRules.userFault(decomposed.repeat(64))).isNull();
    assertThat(InputRules.userFault(decomposed.repeat(65))).contains("1-64");
    // Hangul syllables of three letters, and Greek of four code points, are one each.
    assertThat(InputRules.userFault("\u1112\u1161\u11AB".repeat(64))).isNull();
    assertThat(InputRules.userFault("\u03B1\u0313\u0300\u0345".repeat(64))).isNull();
    // These grow: one code point each becomes two.
    assertThat(InputRules.userFault("\u0958".repeat(32))).isNull();
    assertThat(InputRules.userFault("\u0958".repeat(33))).contains("1-64");
  }

  @Test
  void namesOfOneFormAreOne() {
    assertThat(InputRules.user("Zoe\u0308")).isEqualTo(InputRules.user("Zo\u00eb")).hasSize(3);
    assertThat(InputRules.user("A\u030a")).isEqualTo(InputRules.user("\u212b"));
    assertThat(InputRules.user("\u1100\u1161")).isEqualTo("\uac00");
    assertThat(InputRules.text("e\u0323\u0302")).isEqualTo(InputRules.text("e\u0302\u0323"));
  }

  @Test
  void halfASurrogatePairIsRefused() {
    assertThat(InputRules.userFault("a\ud83d")).contains("surrogate");
    assertThat(InputRules.userFault("\udc4fa")).contains("surrogate");
    assertThat(InputRules.userFault("\udc4f\ud83d")).contains("surrogate");
    assertThat(InputRules.textFault("\ud83d\ud83d\udc4f")).contains("surrogate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "\t",
        "\u00a0",
        "\u3000 \u2003",
        "\u2800",
        "\u1680",
        " \u202f ",
        "\u2007",
        "\u205f\u00a0"
      })
  void blankNamesAndTextsAreRefused(String blank) {
    assertThat(InputRules.userFault(blank)).isNotNull();
    assertThat(InputRules.textFault(blank)).isNotNull();
    assertThat(InputRules.textFault(blank + "\n")).isNotNull();
  }

  /** They look like a blank: in names nowhere, in texts only beside what can be seen. */
  @ParameterizedTest
  @ValueSource(ints = {0x2800, 0x3164, 0xFFA0, 0x115F, 0x1160})
  void fillersAreNoPartOfNames(int filler) {
    String c = Character.toString(filler);
    for (String name : List.of(c, "bob" + c, c + "bob", "b" + c + "ob", c + " " + c)) {
      assertThat(InputRules.userFault(name)).contains("is invisible");
    }
  }

  @Test
  void whatNobodySeesIsRefusedWhereverItStands() {
    for (int c : HIDDEN) {
      String hidden = Character.toString(c);
      for (String around : List.of("%sbob", "bo%sb", "bob%s", "%s", "é%s", "👏%s👏", "%1$s%1$s")) {
        String value = around.formatted(hidden);
        assertThat(InputRules.userFault(value)).describedAs("U+%04X in a user", c).isNotNull();
        assertThat(InputRules.textFault(value)).describedAs("U+%04X in a text", c).isNotNull();
      }
    }
  }

  @Test
  void theRefusalNamesTheCharacterAndItsPlace() {
    assertThat(InputRules.userFault("👏b\u202eob"))
        .isEqualTo("has U+202E as its character 3, which changes the direction of text");
  }

  @Test
  void textsMayHaveSeveralLinesAndNamesMayNot() {
    for (int c : LINE_BREAKS) {
      String value = "one" + Character.toString(c) + "two";
      assertThat(InputRules.textFault(value)).describedAs("U+%04X", c).isNull();
      assertThat(InputRules.userFault(value)).describedAs("U+%04X", c).isNotNull();
    }
    assertThat(InputRules.textFault("\r\n\n")).isEqualTo("must not be blank");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "👨‍👩‍👧‍👦",
        "🏳️‍🌈",
        "🏴‍☠️",
        "👩🏽‍🚀",
        "❤️‍🔥",
        "1️⃣",
        "©️",
        "ℹ️",
        "☎︎",
        "🏴\uDB40\uDC67\uDB40\uDC62\uDB40\uDC73\uDB40\uDC63\uDB40\uDC74\uDB40\uDC7F",
        "🇺🇳",
        "a❤️b",
        "\uD83E\uDEE8\u200D\u2194\uFE0F"
      })
  void emojiOfSeveralPartsAreTextsAndNoNames(String emoji) {
    assertThat(InputRules.textFault(emoji)).isNull();
    assertThat(InputRules.userFault(emoji) == null)
        .isEqualTo(
            emoji
                .codePoints()
                .noneMatch(c -> c == 0x200D || c == 0xFE0F || c == 0xFE0E || c > 0xE0000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "می\u200cخواهم",
        "क्\u200dष",
        "ന്\u200d",
        "ශ්\u200dරී",
        "葛\uDB40\uDD00",
        "ᠠ\u180B",
        "שָׁלוֹם",
        "สวัสดี"
      })
  void wordsThatNeedJoinersAreTexts(String word) {
    assertThat(InputRules.textFault(word)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\u200db",
        "👏\u200d",
        "\u200d👏",
        "👏\u200da",
        "bob\u200c",
        "a\ufe0f",
        "\ufe0f",
        "👏\u200d\u200d👏",
        "می\u200c\u200c",
        // A flag that never ends, or hides a sentence.
        "🏴\uDB40\uDC67\uDB40\uDC62",
        "🏴\uDB40\uDC7F",
        "👏\uDB40\uDC67\uDB40\uDC7F"
      })
  void joinersThatJoinNothingAreInvisible(String text) {
    assertThat(InputRules.textFault(text)).contains("invisible");
  }

  @Test
  void whatIsAcceptedIsNormalAndStaysAcceptedAndHasNothingHidden() {
    Random random = new Random(14);
    int accepted = 0;
    for (int i = 0; i < 20_000; i++) {
      String value =
          IntStream.range(0, 1 + random.nextInt(6))
              .map(n -> codePoint(random))
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      if (InputRules.userFault(value) == null) {
        accepted++;
        String user = InputRules.user(value);
        assertThat(Normalizer.isNormalized(user, Normalizer.Form.NFC)).isTrue();
        assertThat(InputRules.user(user)).isEqualTo(user);
        assertThat(InputRules.textFault(value)).describedAs(value).isNull();
        assertThat(user.codePoints().anyMatch(HIDDEN::contains)).isFalse();
        assertThat(user.strip()).isNotEmpty();
        assertThat(JsonText.encode(user).lines()).hasSize(1);
      }
    }
    assertThat(accepted).isGreaterThan(5_000);
  }

  /** Half of them from where the troubles are. */
  private static int codePoint(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> HIDDEN.get(random.nextInt(HIDDEN.size()));
      case 1 -> 0x300 + random.nextInt(0x70);
      case 2 -> random.nextInt(0x110000);
      case 3 -> 0x1F300 + random.nextInt(0x300);
      default -> ' ' + random.nextInt(0x250);
    };
  }

  @Test
  void anIdIsOneTo128CodePointsWithoutControlCharacters() {
    assertThat(InputRules.idFault("👏".repeat(128))).isNull();
    assertThat(InputRules.idFault("👏".repeat(129))).contains("1-128");
    assertThat(InputRules.idFault("a\u0085")).contains("control");
    assertThat(InputRules.idFault("a\u007f")).contains("control");
    assertThat(InputRules.id(null)).isNull();
    assertThatThrownBy(() -> InputRules.id(42)).isInstanceOf(ProblemException.class);
  }

  @Test
  void aFloodOfMarksIsRefusedWithoutBeingSorted() {
    assertThat(InputRules.textFault("\u0323\u0301".repeat(1_000_000))).contains("1-500");
  }
}
