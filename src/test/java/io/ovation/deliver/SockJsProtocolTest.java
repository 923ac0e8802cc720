package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * The cases of sockjs-protocol that apply to a server without an echo, named as there; those that
 * need no session are in {@link SockJsAddressesTest}. A ping of the viewer protocol takes the place
 * of the echo. docs/connections.md lists what is left out, and where our answers differ.
 */
class SockJsProtocolTest extends SockJsTestClient {
  private static final String OPEN_ELSEWHERE = "c[2010,\"Another connection still open\"]";

  /** SockJS closes a stream after this many bytes; a browser keeps them all until then. */
  private static final int RESPONSE_LIMIT = 128 * 1024;

  private static final AtomicInteger NAMES = new AtomicInteger();

  @TestFactory
  Stream<DynamicTest> cases() {
    Map<String, ThrowingConsumer<String>> cases = new LinkedHashMap<>();
    cases.put("SessionURLs.test_ignoringServerId", this::ignoringServerId);
    cases.put("Protocol.test_simpleSession", this::simpleSession);
    cases.put("Websocket.test_transport", s -> webSocket("/live" + s));
    cases.put("Websocket.test_headersSanity", this::handshake);
    cases.put("Websocket.test_empty_frame", this::emptyWebSocketFrames);
    cases.put("Websocket.test_reuseSessionId", this::reusedSession);
    cases.put("Websocket.test_broken_json", this::brokenWebSocketFrame);
    cases.put("XhrPolling.test_transport", this::polling);
    cases.put("XhrPolling.test_invalid_session", s -> status(404, post(s + "/xhr_send", ASK)));
    cases.put("XhrPolling.test_invalid_json", this::invalidJson);
    cases.put("XhrPolling.test_content_types", this::contentTypes);
    cases.put("XhrPolling.test_sending_empty_frame", this::emptyFrame);
    cases.put("XhrStreaming.test_transport", this::xhrStreaming);
    cases.put("XhrStreaming.test_response_limit", s -> responseLimit(s, "/xhr_streaming"));
    cases.put("EventSource.test_transport", this::eventSource);
    cases.put("EventSource.test_response_limit", s -> responseLimit(s, "/eventsource"));
    cases.put("HtmlFile, JsonPolling: off", this::switchedOff);
    cases.put("JsessionidCookie: never", this::noCookie);
    cases.put("RawWebsocket.test_transport", s -> webSocket("/live"));
    cases.put("JSONEncoding.test_xhr_server_encodes", this::serverEncodes);
    cases.put("JSONEncoding.test_xhr_server_decodes", this::serverDecodes);
    cases.put("HandlingClose.test_close_request", this::closeRequest);
    cases.put("HandlingClose.test_abort_xhr_streaming", this::abortStreaming);
    cases.put("HandlingClose.test_abort_xhr_polling", this::abortPolling);
    cases.put("Http10.test_streaming", s -> streaming(s, "HTTP/1.0"));
    cases.put("Http11.test_streaming", s -> streaming(s, "HTTP/1.1"));
    return DynamicTest.stream(
        cases.entrySet().stream(), Map.Entry::getKey, one -> one.getValue().accept(session()));
  }

  private void switchedOff(String session) {
    status(404, get(session + "/htmlfile?c=x"));
    status(404, get(session + "/jsonp?c=x"));
  }

  private static String session() {
    return "/000/session" + NAMES.incrementAndGet();
  }

  private void ignoringServerId(String session) {
    open(session);
    status(204, post(session + "/xhr_send", ASK));
    assertThat(post(session.replace("000", "999") + "/xhr", "").body()).isEqualTo(ANSWER + "\n");
  }

  private void simpleSession(String session) {
    open(session);
    exchange(session);
    status(404, post("/000/bad_session/xhr_send", ASK));
    try (RawHttp waiting = poll(session)) {
      HttpResponse<String> second = post(session + "/xhr", "");
      status(200, second);
      assertThat(second.body()).isEqualTo(OPEN_ELSEWHERE + "\n");
    }
  }

  private void webSocket(String base) {
    boolean bare = base.equals("/live");
    try (RawViewer viewer = new RawViewer(stage.port, base + "/websocket")) {
      if (!bare) {
        assertThat(viewer.read().text()).isEqualTo("o");
      }
      viewer.say(bare ? "{\"type\":\"ping\"}" : ASK);
      assertThat(viewer.read().text()).isEqualTo(bare ? "{\"type\":\"pong\"}" : ANSWER);
    }
  }

  private void handshake(String session) {
    RawHttp.Answer answer = upgrade("GET", session + "/websocket", "Upgrade");
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.headers())
        .containsEntry("sec-websocket-accept", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
        .doesNotContainKey("content-length");
    assertThat(answer.headers().get("connection")).isEqualToIgnoringCase("upgrade");
    assertThat(answer.headers().get("upgrade")).isEqualToIgnoringCase("websocket");
  }

  private void emptyWebSocketFrames(String session) {
    try (RawViewer viewer = new RawViewer(stage.port, "/live" + session + "/websocket")) {
      assertThat(viewer.read().text()).isEqualTo("o");
      viewer.say("");
      viewer.say("[]");
      viewer.say(ASK);
      assertThat(viewer.read().text()).isEqualTo(ANSWER);
    }
  }

  private void reusedSession(String session) {
    String path = "/live" + session + "/websocket";
    try (RawViewer one = new RawViewer(stage.port, path);
        RawViewer two = new RawViewer(stage.port, path)) {
      for (RawViewer viewer : List.of(one, two)) {
        assertThat(viewer.read().text()).isEqualTo("o");
        viewer.say(ASK);
        assertThat(viewer.read().text()).isEqualTo(ANSWER);
      }
    }
    webSocket("/live" + session);
  }

  private void brokenWebSocketFrame(String session) {
    try (RawViewer viewer = new RawViewer(stage.port, "/live" + session + "/websocket")) {
      assertThat(viewer.read().text()).isEqualTo("o");
      viewer.say("[\"a");
      assertThat(viewer.read().text()).startsWith("a[").contains("\\\"code\\\":\\\"invalid\\\"");
      viewer.say(ASK);
      assertThat(viewer.read().text()).isEqualTo(ANSWER);
    }
  }

  private void polling(String session) {
    HttpResponse<String> opened = open(session);
    contentType("application/javascript;charset=utf-8", opened);
    crossOrigin(opened);
    notCached(opened);
    HttpResponse<String> sent = post(session + "/xhr_send", ASK);
    status(204, sent);
    assertThat(sent.body()).isEmpty();
    contentType("text/plain;charset=utf-8", sent);
    crossOrigin(sent);
    notCached(sent);
    assertThat(post(session + "/xhr", "").body()).isEqualTo(ANSWER + "\n");
  }

  private void invalidJson(String session) {
    open(session);
    for (String body : List.of("[\"x", "", "{}", "[1]")) {
      int status = post(session + "/xhr_send", body).statusCode();
      assertThat(status).describedAs(body).isIn(400, 500);
    }
    exchange(session);
  }

  private void contentTypes(String session) {
    open(session);
    List<String> types =
        List.of(
            "text/plain",
            "T",
            "application/json",
            "application/xml",
            "application/json; charset=utf-8",
            "text/xml; charset=utf-8",
            "text/xml");
    for (String type : types) {
      HttpResponse<String> sent =
          send(
              request(session + "/xhr_send")
                  .header("Content-Type", type)
                  .POST(BodyPublishers.ofString(ASK))
                  .build());
      assertThat(sent.statusCode()).describedAs(type).isEqualTo(204);
    }
    int pongs = post(session + "/xhr", "").body().split("pong", -1).length - 1;
    assertThat(pongs).isEqualTo(types.size());
  }

  private void emptyFrame(String session) {
    open(session);
    status(204, post(session + "/xhr_send", "[]"));
    exchange(session);
  }

  private void xhrStreaming(String session) throws Exception {
    HttpResponse<InputStream> answer = stream(session, "/xhr_streaming");
    contentType("application/javascript;charset=utf-8", answer);
    crossOrigin(answer);
    notCached(answer);
    try (BufferedReader lines = lines(answer)) {
      assertThat(lines.readLine()).isEqualTo("h".repeat(2048));
      assertThat(lines.readLine()).isEqualTo("o");
      status(204, post(session + "/xhr_send", ASK));
      assertThat(lines.readLine()).isEqualTo(ANSWER);
    }
  }

  private void eventSource(String session) throws Exception {
    HttpResponse<InputStream> answer = stream(session, "/eventsource");
    assertThat(header(answer, "Content-Type")).startsWith("text/event-stream");
    notCached(answer);
    try (BufferedReader lines = lines(answer)) {
      assertThat(lines.readLine()).isEmpty();
      assertThat(lines.readLine()).isEqualTo("data: o");
      assertThat(lines.readLine()).isEmpty();
      status(204, post(session + "/xhr_send", ASK));
      assertThat(lines.readLine()).isEqualTo("data: " + ANSWER);
    }
  }

  private void responseLimit(String session, String transport) throws Exception {
    String stream = session.substring(1).replace('/', '-');
    long read = 0;
    try (BufferedReader lines = lines(stream(session, transport))) {
      while (!lines.readLine().endsWith("o")) {}
      String watch =
          "{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"%s\\\",\\\"user\\\":\\\"b\\\"}";
      status(204, post(session + "/xhr_send", "[\"" + watch.formatted(stream) + "\"]"));
      while (!lines.readLine().contains("watching")) {}
      for (int i = 0; i < 50; i++) {
        stage.supervisor.publish(stream, "x".repeat(4096));
      }
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        read += line.length();
      }
    }
    assertThat(read).isBetween(RESPONSE_LIMIT / 2L, 4L * RESPONSE_LIMIT);
  }

  private void noCookie(String session) {
    assertThat(new JsonObject(get("/info").body()).getBoolean("cookie_needed")).isFalse();
    HttpResponse<String> answer =
        send(
            request(session + "/xhr")
                .header("Cookie", "JSESSIONID=abcdef")
                .POST(BodyPublishers.noBody())
                .build());
    assertThat(answer.body()).isEqualTo("o\n");
    withoutCookie(answer);
  }

  /** What the server has to escape, but for halves of surrogates, which our texts cannot have. */
  private void serverEncodes(String session) {
    String stream = session.substring(1).replace('/', '-');
    String killers =
        IntStream.concat(
                IntStream.concat(
                    IntStream.rangeClosed(0x200c, 0x200f), IntStream.range(0x2028, 0x2030)),
                IntStream.concat(IntStream.range(0x2060, 0x2070), IntStream.range(0xfff0, 0x10000)))
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    open(session);
    String watch = "{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"%s\\\",\\\"user\\\":\\\"b\\\"}";
    status(204, post(session + "/xhr_send", "[\"" + watch.formatted(stream) + "\"]"));
    assertThat(post(session + "/xhr", "").body()).contains("watching");
    stage.supervisor.publish(stream, killers);
    assertThat(post(session + "/xhr", "").body())
        .contains("comment")
        .doesNotContainPattern("[\\u200c-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufff0-\\uffff]");
  }

  private void serverDecodes(String session) {
    String escaped =
        IntStream.of(0, 9, 0x7f, 0xad, 0x600, 0x2028, 0xfeff, 0xfff0, 0xffff)
            .mapToObj(c -> "\\\\u%04x".formatted(c))
            .collect(Collectors.joining());
    open(session);
    String ping = "[\"{\\u0022type\\u0022:\\\"ping\\\",\\\"x\\\":\\\"" + escaped + "\\\"}\"]";
    status(204, post(session + "/xhr_send", ping));
    assertThat(post(session + "/xhr", "").body()).isEqualTo(ANSWER + "\n");
  }

  private void closeRequest(String session) throws Exception {
    try (BufferedReader first = lines(stream(session, "/xhr_streaming"))) {
      first.readLine();
      assertThat(first.readLine()).isEqualTo("o");
      refusedSecond(session);
    }
  }

  private void refusedSecond(String session) throws Exception {
    try (BufferedReader second = lines(stream(session, "/xhr_streaming"))) {
      second.readLine();
      assertThat(second.readLine()).isEqualTo(OPEN_ELSEWHERE);
      assertThat(second.readLine()).isNull();
    }
  }

  private void abortStreaming(String session) throws Exception {
    closeRequest(session);
    assertThat(afterAbort(session)).isIn("o\n", "c[1002,\"Connection interrupted\"]\n");
  }

  private void abortPolling(String session) {
    open(session);
    try (RawHttp waiting = poll(session)) {
      assertThat(post(session + "/xhr", "").body()).isEqualTo(OPEN_ELSEWHERE + "\n");
    }
    assertThat(afterAbort(session)).isIn("o\n", "c[1002,\"Connection interrupted\"]\n");
  }

  /** The first poll that is not too early: the server learns of the end a little later. */
  private String afterAbort(String session) {
    String answer = OPEN_ELSEWHERE + "\n";
    for (int i = 0; i < 1000 && answer.startsWith(OPEN_ELSEWHERE); i++) {
      answer = post(session + "/xhr", "").body();
    }
    return answer;
  }

  private void streaming(String session, String version) {
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(
          "POST /live%s/xhr_streaming %s\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
              .formatted(session, version));
      RawHttp.Answer head = http.read();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.headers()).doesNotContainKey("content-length");
      assertThat(head.headers().get("transfer-encoding"))
          .isEqualTo(version.endsWith("1") ? "chunked" : null);
    }
  }
}
