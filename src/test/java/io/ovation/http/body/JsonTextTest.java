package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {

  @ParameterizedTest
  @ValueSource(chars = {'\u0085', '\u2028', '\u2029', '\u200d', '\u2066', '\ufeff', '\uffff'})
  void charactersThatSomeLanguagesBreakLinesAtAreEscaped(char special) {
    String text = "a" + special + "\"b\\" + special + special;
    String json = JsonText.encode(JsonObject.of("text", text));
    assertThat(json).doesNotContain(String.valueOf(special));
    assertThat(json).contains("\\u%04x".formatted((int) special));
    assertThat(new JsonObject(json).getString("text")).isEqualTo(text);
    String quoted = new String(JsonText.quoted(text), StandardCharsets.UTF_8);
    assertThat(quoted).doesNotContain(String.valueOf(special));
    assertThat(Json.decodeValue('"' + quoted + '"')).isEqualTo(text);
  }

  @Test
  void whatIsOrdinaryStaysAsItIs() {
    String text = "añ👏\n…";
    assertThat(JsonText.encode(JsonObject.of("a", text))).isEqualTo("{\"a\":\"añ👏\\n…\"}");
    assertThat(JsonText.quoted("añ👏…")).isEqualTo("añ👏…".getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1970-01-01T00:00:00.000Z",
    "1764201600000, 2025-11-27T00:00:00.000Z",
    "1764201600001, 2025-11-27T00:00:00.001Z",
    "1764201600120, 2025-11-27T00:00:00.120Z",
    "-1, 1969-12-31T23:59:59.999Z"
  })
  void timesAlwaysHaveMilliseconds(long ms, String expected) {
    assertThat(Timestamps.of(ms)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-0",
        "00",
        "007",
        "+1",
        " 1",
        "1 ",
        "",
        "1e3",
        "1.0",
        "٣",
        "0x1",
        "9223372036854775808",
        "1_000",
        "--1",
        "-"
      })
  void numbersOfOtherFormsAreNone(String text) {
    assertThat(QueryParameters.wholeNumber(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 10, 9007199254740993L, Long.MAX_VALUE, Long.MIN_VALUE})
  void numbersAreReadAsTheyAreWritten(long number) {
    assertThat(QueryParameters.wholeNumber(Long.toString(number))).isEqualTo(number);
  }
}
