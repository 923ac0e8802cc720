package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawViewer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What SockJS without WebSocket is refused, in the words of every other door. */
class SockJsRefusalsTest extends SockJsTestClient {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private static String session() {
    return "/000/refused" + NAMES.incrementAndGet();
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /info, 'GET, HEAD'",
    "PUT, /iframe.html, 'GET, HEAD'",
    "GET, /0/s/xhr, POST",
    "DELETE, /0/s/xhr_send, POST",
    "HEAD, /0/s/xhr_streaming, POST",
    "POST, /0/s/eventsource, 'GET, HEAD'",
    "PATCH, /0/s/websocket, 'GET, HEAD'",
    "POST, /, 'GET, HEAD'"
  })
  void aWrongMethodIsToldTheRightOne(String method, String path, String allowed) {
    HttpResponse<String> answer =
        send(request(path).method(method, BodyPublishers.noBody()).build());
    status(405, answer);
    assertThat(header(answer, "Allow")).isEqualTo(allowed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/info", "/iframe.html", "/iframe-1.2.html", "/0/s/websocket"})
  void headAnswersAsGetDoes(String path) {
    HttpResponse<String> get = get(path);
    HttpResponse<String> head = head(path);
    assertThat(head.statusCode()).isEqualTo(get.statusCode()).isNotEqualTo(405);
    assertThat(head.body()).isEmpty();
    if (get.statusCode() == 200) {
      assertThat(header(head, "Content-Type")).isEqualTo(header(get, "Content-Type"));
    }
  }

  @Test
  void headOpensNoEventStream() {
    String session = session();
    HttpResponse<String> head = head(session + "/eventsource");
    status(200, head);
    assertThat(header(head, "Content-Type")).startsWith("text/event-stream");
    assertThat(post(session + "/xhr_send", ASK).statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> head(String path) {
    return send(request(path).method("HEAD", BodyPublishers.noBody()).build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "x-unknown", "deflate, gzip"})
  void aBodyThatIsCompressedIsRefused(String encoding) {
    String session = session();
    open(session);
    HttpResponse<String> answer =
        send(
            request(session + "/xhr_send")
                .header("Content-Encoding", encoding)
                .POST(BodyPublishers.ofString(ASK))
                .build());
    status(415, answer);
    assertThat(new JsonObject(answer.body()).getString("field")).isEqualTo("Content-Encoding");
    exchange(session);
  }

  /** Frames as they stand, most of them damaged. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":\"comment\",\"id\":\"r1\"} | r1",
        "[\"{\\\"type\\\":\\\"comment\\\",\\\"id\\\":\\\"r2\\\",\\\"text | r2",
        "[\"{\\\"id\\\":\\\"r3\\\"}\",] | r3",
        "\"{\\\"id\\\":\\\"é\\\\u00e9\\\"} | éé",
        "[7] | ~~",
        "[\"{}\",\"{\\\"id\\\":\\\"no\\\"} | ~~",
      })
  void aDamagedFrameIsRefusedByTheIdOfItsFirstMessage(String frame, String id) {
    String session = session();
    open(session);
    HttpResponse<String> answer = post(session + "/xhr_send", frame);
    status(400, answer);
    assertThat(new JsonObject(answer.body()).getString("id", "")).isEqualTo(id);
    exchange(session);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[\"{\\\"type\\\":\\\"comment\\\",\\\"id\\\":\\\"w1\\\",\\\"text | w1",
        "{\"id\":\"w2\",\"type\":\"comment\"} | w2",
        "[\"{\\\"id\\\":\\\"w3\\\"}\", 7] | w3",
      })
  void byWebSocketItIsTheSame(String frame, String id) {
    try (RawViewer viewer = stage.sockJs()) {
      viewer.say(frame);
      JsonObject error = viewer.next("error");
      assertThat(error.getString("code")).isEqualTo("invalid");
      assertThat(error.getString("id")).isEqualTo(id);
    }
  }

  @Test
  void aFrameThatIsTooLargeIsRefusedByItsId() {
    String session = session();
    open(session);
    String text = "x".repeat(DeliveryFixture.LIMIT);
    for (List<String> fields :
        List.of(List.of("id", "c1", "text", text), List.of("text", text, "id", "c1"))) {
      JsonObject comment = JsonObject.of("type", "comment");
      comment.put(fields.get(0), fields.get(1)).put(fields.get(2), fields.get(3));
      String frame = Json.encode(JsonArray.of(comment.encode()));
      HttpResponse<String> answer = post(session + "/xhr_send", frame);
      status(413, answer);
      JsonObject problem = new JsonObject(answer.body());
      assertThat(problem.getString("id")).isEqualTo("c1");
      assertThat(problem.getString("detail")).contains("" + DeliveryFixture.LIMIT);
    }
    status(413, post(session + "/xhr_send", "\"" + text.repeat(5) + "\""));
    exchange(session);
  }
}
