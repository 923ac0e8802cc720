package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageIdsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"id\":\"c1\",\"text\":\"x\" | c1",
        "{\"type\":\"comment\",\"text\":\"x\",\"text\":\"y\",\"id\":\"c2\"} | c2",
        "{\"type\":\"comment\",\"text\":oops,\"id\" : \"c3\"} | c3",
        "{\"text\":\"say \\\"id\\\":\\\"no\\\"\",\"id\":\"c4\"} | c4",
        "{\"meta\":{\"id\":\"no\"},\"id\":\"c5\"} | c5",
        "{\"tags\":[\"id\",\"no\"],\"id\":\"c6\"} | c6",
        "{\"x\":\"id\",\"id\":\"c7\",} | c7",
        "\"id\":\"c8\"} | c8",
        "{\"id\":\"a\\u00e9\\/\\ud83d\\udc4f\"  | aé/👏",
        "{\"id\":\"c9\"} and more | c9",
        "{\\r\\n\\t\"id\"\\r\\n:\\r\\n\"c10\",oops | c10",
      })
  void theIdOfADamagedMessageIsFound(String json, String id) {
    assertThat(find(json.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")))
        .isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"id\":42}",
        "{\"id\":null,\"text\":\"id\"}",
        "{\"id\":\"cut off",
        "{\"id\":",
        "{\"id\"",
        "{\"id\":\"\"}",
        "{\"meta\":{\"id\":\"inner\"}}",
        "{\"text\":\"\\\"id\\\":\\\"x\\\"\"}",
        "{\"id\":\"\\ud83d\"}",
        "{\"id\":\"a\\",
        "not json at all"
      })
  void whereThereIsNoneNoneIsMadeUp(String json) {
    assertThat(find(json)).isNull();
  }

  @Test
  void bytesThatAreNotUtf8AreNoHindrance() {
    byte[] json = "{\"text\":\"?\",\"id\":\"c1\"}".getBytes(StandardCharsets.UTF_8);
    json[9] = (byte) 0xC3;
    assertThat(MessageIds.find(json)).isEqualTo("c1");
    byte[] inId = "{\"id\":\"?\"}".getBytes(StandardCharsets.UTF_8);
    inId[7] = (byte) 0xFF;
    assertThat(MessageIds.find(inId)).isNull();
  }

  @Test
  void anIdThatIsTooLongForACommentIsSentBackAllTheSame() {
    assertThat(find("{\"id\":\"" + "x".repeat(129) + "\"}")).hasSize(129);
    assertThat(find("{\"id\":\"" + "x".repeat(5_000) + "\"}")).isNull();
  }

  private static @Nullable String find(String json) {
    return MessageIds.find(json.getBytes(StandardCharsets.UTF_8));
  }
}
