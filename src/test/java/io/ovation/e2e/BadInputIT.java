package io.ovation.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.ovation.testkit.Api;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.Scrape;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bad request is answered with the field and the reason, and the node goes on serving. */
@ExtendWith(ShowLogs.class)
class BadInputIT {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final int MIB = 1 << 20;

  private static NodeProcess node;
  private static TestViewer bystander;

  @BeforeAll
  static void start() {
    node = NodeProcess.start(NodeSpec.named("bad-input")).awaitReady();
    bystander = TestViewer.watch(node, "bystander", "bob");
  }

  @AfterAll
  static void stop() {
    bystander.close();
    node.close();
  }

  @AfterEach
  void nodeGoesOn() {
    String id = node.api().accepted("bystander", "alice", "still there?");
    bystander.awaitAll(Set.of(id), LIMIT);
  }

  static Stream<Arguments> refusedBodies() {
    return Stream.of(
        body("not JSON", "hello", 400, ""),
        body("an empty body", "", 400, ""),
        body("half a JSON object", "{\"user\":\"a\",\"text\":\"b\"", 400, ""),
        body("an array", "[1,2]", 400, ""),
        body("null", "null", 400, ""),
        body("user of a wrong type", "{\"user\":7,\"text\":\"b\"}", 400, "user"),
        body("text of a wrong type", "{\"user\":\"a\",\"text\":[\"b\"]}", 400, "text"),
        body("null text", "{\"user\":\"a\",\"text\":null}", 400, "text"),
        body("id of a wrong type", "{\"user\":\"a\",\"text\":\"b\",\"id\":{}}", 400, "id"),
        body("no user", "{\"text\":\"b\"}", 400, "user"),
        body("no text", "{\"user\":\"a\"}", 400, "text"),
        body("an empty user", "{\"user\":\"\",\"text\":\"b\"}", 400, "user"),
        body("an empty text", "{\"user\":\"a\",\"text\":\"\"}", 400, "text"),
        body("a user of 65", comment("u".repeat(65), "b"), 400, "user"),
        body("a text of 501", comment("a", "t".repeat(501)), 400, "text"),
        body("a text of 501 emoji", comment("a", "🎉".repeat(501)), 400, "text"),
        body("deep nesting in text", nested("{\"user\":\"a\",\"text\":", 30_000), 400, ""),
        body(
            "deep nesting elsewhere",
            nested("{\"user\":\"a\",\"text\":\"b\",\"more\":", 30_000),
            400,
            ""),
        body("a body of 65 KiB", comment("a", "t".repeat(65 * 1024)), 413, ""));
  }

  private static Arguments body(String what, String body, int status, String field) {
    return Arguments.of(what, body, status, field);
  }

  private static String comment(String user, String text) {
    return new JsonObject().put("user", user).put("text", text).encode();
  }

  private static String nested(String head, int depth) {
    return head + "[".repeat(depth) + "]".repeat(depth) + "}";
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("refusedBodies")
  void badBodyIsRefusedWithTheFieldAndTheReason(
      String what, String body, int status, String field) {
    assertProblem(node.api().post("/streams/s1/comments", body), status, field);
  }

  @Test
  void invalidUtf8IsRefused() {
    byte[] body = "{\"user\":\"a\",\"text\":\"\u00ff\u00fe\"}".getBytes(ISO_8859_1);
    assertProblem(node.api().post("/streams/s1/comments", body), 400, "");
  }

  @ParameterizedTest
  @MethodSource("badStreams")
  void badStreamNameIsRefused(String stream) {
    String body = comment("a", "b");
    assertProblem(node.api().post("/streams/" + stream + "/comments", body), 400, "stream");
    assertProblem(node.api().get("/streams/" + stream), 400, "stream");
  }

  static List<String> badStreams() {
    return List.of("a%20b", "%C3%A9", "a%2Fb", "a%00b", "s".repeat(129), "a+b", "a%FFb");
  }

  @Test
  void wrongMethodAndUnknownPathAreRefused() {
    assertThat(node.api().method("DELETE", "/streams/s1/comments").status()).isEqualTo(405);
    assertThat(node.api().get("/no/such/path").status()).isEqualTo(404);
  }

  @Test
  void whatIsJustWithinTheBoundsIsAccepted() {
    Api api = node.api();
    assertThat(api.post("/streams/s1/comments", comment("a", "t".repeat(500))).status())
        .isEqualTo(202);
    assertThat(api.post("/streams/s1/comments", comment("a", "🎉".repeat(500))).status())
        .isEqualTo(202);
    assertThat(api.post("/streams/s1/comments", comment("🎉".repeat(64), "t")).status())
        .isEqualTo(202);
    assertThat(api.post("/streams/" + "s".repeat(128) + "/comments", comment("a", "t")).status())
        .isEqualTo(202);
    String more = "{\"user\":\"a\",\"text\":\"b\",\"unknown\":[1,{\"x\":null}]}";
    assertThat(api.post("/streams/A-z_0.9:x/comments", more).status()).isEqualTo(202);
  }

  private static void assertProblem(Api.Answer answer, int status, String field) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    assertThat(answer.contentType()).startsWith("application/problem+json");
    JsonObject problem = answer.json();
    assertThat(problem.getInteger("status")).isEqualTo(status);
    assertThat(problem.getString("code")).isNotBlank();
    assertThat(problem.getString("detail")).isNotBlank();
    if (!field.isEmpty()) {
      assertThat(problem.getString("field")).isEqualTo(field);
      assertThat(problem.getString("detail")).contains(field);
    }
  }

  static Stream<Arguments> refusedMessages() {
    return Stream.of(
        message("not JSON", "hello", ""),
        message("an empty message", "", ""),
        message("an array", "[]", ""),
        message("no type", "{\"stream\":\"s1\"}", "type"),
        message("an unknown type", "{\"type\":\"dance\"}", "type"),
        message("a type of a wrong type", "{\"type\":5}", "type"),
        message("watch without a stream", "{\"type\":\"watch\",\"user\":\"a\"}", "stream"),
        message("watch without a user", "{\"type\":\"watch\",\"stream\":\"s1\"}", "user"),
        message("watch of a bad stream", watch("a b", "a"), "stream"),
        message("watch of a long stream", watch("s".repeat(129), "a"), "stream"),
        message("watch by a long user", watch("s1", "u".repeat(65)), "user"),
        message(
            "since of a wrong type",
            "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"a\",\"since\":\"x\"}",
            "since"),
        message("a comment of 501", say("t".repeat(501)), "text"),
        message("an empty comment", say(""), "text"),
        message("a comment without text", "{\"type\":\"comment\"}", "text"),
        message("a comment of a wrong type", "{\"type\":\"comment\",\"text\":{}}", "text"),
        message("deep nesting", nested("{\"type\":\"comment\",\"text\":", 1_500), ""));
  }

  private static Arguments message(String what, String text, String field) {
    return Arguments.of(what, text, field);
  }

  private static String watch(String stream, String user) {
    return TestViewer.watchMessage(stream, user).encode();
  }

  private static String say(String text) {
    return new JsonObject().put("type", "comment").put("text", text).encode();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedMessages")
  void badMessageGetsAnErrorAndTheConnectionGoesOn(String what, String text, String field) {
    try (TestViewer viewer = TestViewer.watch(node, "talk", "carol")) {
      int mark = viewer.mark();
      viewer.sendText(text);
      JsonObject error = viewer.awaitMessage("error", mark);
      assertThat(error.getString("code")).isNotBlank();
      assertThat(error.getString("detail")).isNotBlank().contains(field);
      viewer.send(new JsonObject().put("type", "comment").put("text", "goes on"));
      viewer.awaitMessage("accepted", mark);
    }
  }

  /** Fields of a comment and of a reaction, in JSON: some good, most bad. */
  static Stream<Arguments> fields() {
    Stream<String> comments =
        Stream.of(
            "'text':'hi','id':null",
            "'text':'hi','id':''",
            "'text':'hi','id':'a\\u0085'",
            "'text':'hi','id':1.5",
            "'text':'hi','id':'..'",
            "'text':'hi','reply_to':null",
            "'text':'hi','reply_to':'\\n'",
            "'text':'hi','reply_to':[]",
            "'text':'hi','meta':null",
            "'text':'hi','meta':'{}'",
            "'text':'hi','meta':{'a':1e309}",
            "'text':'hi','meta':{'a':1,'a':1}",
            "'text':'hi','meta':{'a':-1e-400,'':[]}",
            "'text':'e\\u0301','meta':{}",
            "'text':'\\u2029'",
            "'text':'a\\u061cb'",
            "'text':'\\ud83d\\ude00\\u200d'",
            "'text':'\\udc00'",
            "'text':null",
            "'text':true",
            "'txet':'hi'");
    Stream<String> reactions =
        Stream.of(
            "'kind':'like','count':null",
            "'kind':'like','count':-0",
            "'kind':'like','count':1e0",
            "'kind':'like','count':'1'",
            "'kind':'like','count':51",
            "'kind':'like','id':null",
            "'kind':'like','id':'\\u0000'",
            "'kind':'__proto__'",
            "'kind':' like'",
            "'kind':null",
            "'count':1");
    return Stream.concat(
        comments.map(fields -> Arguments.of("comment", fields.replace('\'', '"'))),
        reactions.map(fields -> Arguments.of("reaction", fields.replace('\'', '"'))));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("fields")
  void eachDoorGivesTheSameAnswer(String type, String fields) {
    String path = "/streams/doors/" + type + "s";
    String posted = node.api().post(path, "{\"user\":\"eve\"," + fields + "}").text();
    JsonObject answer = new JsonObject(posted);
    try (RawViewer socket = new RawViewer(node.port(), "/live/websocket")) {
      socket.say(TestViewer.watchMessage("doors", "dora").encode());
      socket.next("watching");
      socket.say("{\"type\":\"" + type + "\"," + fields + "}");
      JsonObject said = socket.next();
      while (!Set.of("accepted", "error").contains(said.getString("type"))) {
        said = socket.next();
      }
      boolean refused = answer.containsKey("code");
      assertThat(said.getString("type")).isEqualTo(refused ? "error" : "accepted");
      for (String field : refused ? List.of("code", "field", "detail", "id") : List.<String>of()) {
        assertThat(said.getValue(field)).describedAs(posted).isEqualTo(answer.getValue(field));
      }
    }
  }

  /** An EventSource is refused with status 200, and a viewer's message has none. */
  @Test
  void eachRefusalIsCountedAtItsDoor() {
    Map<String, Double> before = refusals();
    String watch = watch("doors", "");
    String quoted = new JsonArray().add(watch).encode();
    node.api().post("/streams/doors/comments", comment("", "hi"));
    assertThat(refusedSince(before)).containsOnly(entry("http", 1.0));
    try (RawHttp events = new RawHttp(node.port())) {
      String path = "/streams/doors/events?user=";
      events.write("GET " + path + " HTTP/1.1\r\nHost: n\r\nAccept: text/event-stream\r\n\r\n");
      assertThat(events.read().status()).isEqualTo(200);
    }
    assertThat(refusedSince(before)).containsOnly(entry("http", 1.0), entry("sse", 1.0));
    try (RawViewer socket = new RawViewer(node.port(), "/live/websocket")) {
      socket.say(watch);
      socket.next("error");
    }
    try (RawViewer socket = new RawViewer(node.port(), "/live/1/doors/websocket")) {
      socket.say(quoted);
      while (!socket.read().text().contains("error")) {}
    }
    RawHttp.post(node.port(), "/live/1/doors2/xhr", "");
    RawHttp.post(node.port(), "/live/1/doors2/xhr_send", quoted);
    assertThat(refusedSince(before))
        .containsOnly(
            entry("http", 1.0), entry("sse", 1.0), entry("websocket", 1.0), entry("sockjs", 2.0));
  }

  private static Map<String, Double> refusedSince(Map<String, Double> before) {
    Map<String, Double> now = refusals();
    before.forEach((door, count) -> now.merge(door, -count, Double::sum));
    now.values().removeIf(count -> count == 0);
    return now;
  }

  /** Those of what is invalid, by door. */
  private static Map<String, Double> refusals() {
    Map<String, Double> refusals = new HashMap<>();
    Scrape metrics = node.metrics();
    for (String door : List.of("http", "sse", "websocket", "sockjs")) {
      String series = "ovation_refused_total{code=\"invalid\",door=\"" + door + "\"}";
      refusals.put(door, metrics.series().getOrDefault(series, 0.0));
    }
    return refusals;
  }

  @Test
  void commentBeforeWatchGetsAnError() {
    try (TestViewer viewer = TestViewer.connect(node, "stranger")) {
      viewer.sendText(say("hello?"));
      assertThat(viewer.awaitMessage("error", 0).getString("detail")).contains("watch");
      viewer.send(TestViewer.watchMessage("talk", "dave"));
      viewer.awaitWatching();
    }
  }

  @Test
  void frameOfOneMebibyteGetsAnErrorOrAClearClose() {
    try (RawViewer socket = new RawViewer(node.port(), "/live/websocket")) {
      socket.write(RawViewer.frame(true, RawViewer.TEXT, "x".repeat(MIB).getBytes(UTF_8)));
      assertRefused(socket, "too_large", 1009);
    }
    try (RawViewer socket = new RawViewer(node.port(), "/live/websocket")) {
      socket.write(RawViewer.frame(true, RawViewer.BINARY, new byte[MIB]));
      assertRefused(socket, "", 1009);
    }
  }

  @Test
  void invalidUtf8OnASocketGetsAnErrorOrAClearClose() {
    try (RawViewer socket = new RawViewer(node.port(), "/live/websocket")) {
      socket.write(
          RawViewer.frame(true, RawViewer.TEXT, "{\"type\":\"\u00ff\"}".getBytes(ISO_8859_1)));
      assertRefused(socket, "", 1007);
    }
  }

  /** An error message with the reason, or, as in RFC 6455, a close with this status. */
  private static void assertRefused(RawViewer socket, String code, int status) {
    RawViewer.Frame frame = socket.read();
    if (frame.opcode() == RawViewer.TEXT) {
      JsonObject error = new JsonObject(frame.text());
      assertThat(error.getString("type")).isEqualTo("error");
      assertThat(error.getString("code")).contains(code);
      assertThat(error.getString("detail")).isNotBlank();
    } else {
      assertThat(frame.opcode()).isEqualTo(RawViewer.CLOSE);
      assertThat(frame.closeCode()).isEqualTo(status);
    }
  }
}
