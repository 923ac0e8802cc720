package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.http.problem.ProblemException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonReaderTest {
  private static final int LIMIT = 64 * 1024;

  @Test
  void everyKindOfValueIsKeptExactly() {
    Map<String, Object> read =
        read(
            """
            {"s":"é😀\\ud83d\\ude00","t":true,"n":null,"i":9007199254740993,
             "big":123456789012345678901234567890,"f":1.10,"a":[1,{"b":[]}]}""");
    assertThat(read)
        .containsEntry("s", "é😀😀")
        .containsEntry("t", true)
        .containsEntry("n", null)
        .containsEntry("i", 9007199254740993L)
        .containsEntry("big", new BigInteger("123456789012345678901234567890"))
        .containsEntry("f", new java.math.BigDecimal("1.10"))
        .containsEntry("a", List.of(1L, Map.of("b", List.of())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":\"\u0001\"}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{/**/}",
        "{\"a\":tru}",
        "\uFEFF{}"
      })
  void whatIsNotOneJsonObjectIsRefused(String json) {
    assertProblem(json.getBytes(StandardCharsets.UTF_8), "body");
  }

  @Test
  void aKeyGivenTwiceIsRefusedByItsPath() {
    assertProblem("{\"a\":{\"b\":1,\"b\":2}}", "a.b");
    assertProblem("{\"a\":1,\"\\u0061\":1}", "a");
  }

  @Test
  void halfASurrogatePairIsRefusedByItsPath() {
    assertProblem("{\"text\":\"a\\ud800b\"}", "text");
    assertProblem("{\"list\":[\"\\udc00\\ud800\"]}", "list.0");
    assertProblem("{\"\\ud800\":1}", "?");
  }

  @Test
  void invalidUtf8IsRefusedAtItsByte() {
    byte[][] bad = {
      {'{', '"', (byte) 0xC3, '"', '}'},
      {'{', '"', (byte) 0xC0, (byte) 0xAF, '"'},
      {'{', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80},
      {'{', '"', (byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
      {'{', '"', (byte) 0xE2, (byte) 0x82}
    };
    for (byte[] bytes : bad) {
      assertThat(assertProblem(bytes, "body")).contains("not UTF-8 at byte 2");
    }
  }

  @Test
  void nestingEndsAtTheLimit() {
    int inner = StrictJsonReader.MAX_DEPTH - 1;
    read("{\"a\":" + "[".repeat(inner) + "]".repeat(inner) + "}");
    assertThat(assertProblem("{\"a\":" + "[".repeat(60_000), "body")).contains("nested deeper");
  }

  @Test
  void numbersOfAbsurdLengthAreRefused() {
    assertProblem("{\"a\":" + "9".repeat(5000) + "}", "body");
    assertProblem("{\"a\":1e" + "9".repeat(50) + "}", "a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e309", "-1E+400", "17976931348623158e293", "[0,{\"b\":9e999}]"})
  void numbersThatNoDoubleHoldsAreRefused(String number) {
    assertThat(assertInvalid("{\"a\":" + number + "}")).startsWith("a").endsWith("out of range");
    read("{\"a\":[1.7976931348623157e308,1e-999,-0.0]}");
  }

  private static String assertInvalid(String json) {
    ProblemException refused =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            ProblemException.class, () -> read(json));
    return refused.problem().detail();
  }

  @Test
  void aDocumentPastTheLimitIsRefusedUnread() {
    byte[] json = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
    assertThat(StrictJsonReader.object(json, json.length)).containsEntry("a", 1L);
    assertThatThrownBy(() -> StrictJsonReader.object(json, json.length - 1))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().status()).isEqualTo(413));
  }

  private static Map<String, Object> read(String json) {
    return StrictJsonReader.object(json.getBytes(StandardCharsets.UTF_8), LIMIT);
  }

  private static String assertProblem(String json, String field) {
    return assertProblem(json.getBytes(StandardCharsets.UTF_8), field);
  }

  private static String assertProblem(byte[] json, String field) {
    ProblemException refused =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            ProblemException.class, () -> StrictJsonReader.object(json, LIMIT));
    assertThat(refused).describedAs("accepted").isNotNull();
    assertThat(refused.problem().status()).isEqualTo(400);
    assertThat(refused.problem().field()).isEqualTo(field);
    return refused.problem().detail();
  }
}
