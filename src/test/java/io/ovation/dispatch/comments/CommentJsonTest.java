package io.ovation.dispatch.comments;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.Profile;
import io.ovation.http.body.JsonText;
import io.ovation.live.proto.CommentRequest;
import io.ovation.wire.EventJson;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CommentJsonTest {

  @Test
  void theFrameIsTheDocumentedJsonWhateverTheTextHolds() {
    String text = "quote \" backslash \\ newline \n nul \0 emoji \uD83D\uDE00 line \u2028";
    CommentRequest comment =
        CommentRequest.newBuilder()
            .setStream("a.b:c-d_1")
            .setUser("\"böse\"\t")
            .setText(text)
            .setId("i\\1")
            .setAtMs(1_767_225_600_123L)
            .build();
    byte[] json =
        EventJson.event("u", "i", CommentJson.body(comment), 1_767_225_600_123_456L)
            .getJson()
            .toByteArray();
    JsonObject frame = new JsonObject(io.vertx.core.buffer.Buffer.buffer(json));
    assertThat(frame.fieldNames())
        .containsExactly("type", "stream", "id", "user", "text", "at", "offset");
    assertThat(frame.getString("type")).isEqualTo("comment");
    assertThat(frame.getString("stream")).isEqualTo("a.b:c-d_1");
    assertThat(frame.getString("user")).isEqualTo("\"böse\"\t");
    assertThat(frame.getString("text")).isEqualTo(text);
    assertThat(frame.getString("id")).isEqualTo("i\\1");
    assertThat(frame.getString("at")).isEqualTo("2026-01-01T00:00:00.123Z");
    assertThat(frame.getLong("offset")).isEqualTo(1_767_225_600_123_456L);
  }

  @Test
  void aFrameHasNoLineBreakSoThatSeveralCanShareOne() {
    byte[] body =
        CommentJson.body(CommentRequest.newBuilder().setText("a\nb\r\nc").setUser("\n").build());
    assertThat(body).doesNotContain('\n').doesNotContain('\r');
  }

  @Test
  void lineBreaksOfOtherLanguagesAreEscapedInTextMetaAndProfile() {
    String breaks = "a\u0085b\u2028c\u2029d";
    CommentRequest comment =
        CommentRequest.newBuilder()
            .setText(breaks)
            .setMeta(JsonText.encode(Map.of("m", breaks)))
            .setProfile(Objects.requireNonNull(Profile.encode(Map.of("name", breaks))))
            .build();
    String json = new String(CommentJson.body(comment), UTF_8) + "1}";
    assertThat(json).doesNotContainPattern("[\\u0085\\u2028\\u2029]");
    JsonObject told = new JsonObject(json);
    assertThat(told.getString("text")).isEqualTo(breaks);
    assertThat(told.getJsonObject("meta").getString("m")).isEqualTo(breaks);
    assertThat(told.getJsonObject("profile").getString("name")).isEqualTo(breaks);
  }
}
