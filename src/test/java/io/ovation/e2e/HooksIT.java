package io.ovation.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.WebhookSignature;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node whose hooks are answered by the back end of {@code examples/backend}. */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HooksIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String AUTH = "a-secret-of-32-characters-or-more";
  private static final String HOOKS = "a-secret-of-hooks";

  private final int port = Ports.free();
  private Process backEnd;
  private NodeProcess node;

  @BeforeAll
  void start() throws IOException {
    ProcessBuilder command = new ProcessBuilder("node", "examples/backend/backend.mjs");
    command.environment().put("OVATION_AUTH_SECRET", AUTH);
    command.environment().put("OVATION_HOOKS_SECRET", HOOKS);
    command.environment().put("PORT", Integer.toString(port));
    backEnd = command.redirectErrorStream(true).redirectOutput(new File("/dev/null")).start();
    String url = "http://127.0.0.1:" + port + "/hooks";
    node =
        NodeProcess.start(
                NodeSpec.named("hooks")
                    .env("OVATION_AUTH_SECRET", AUTH)
                    .env("OVATION_HOOKS_WATCH", url)
                    .env("OVATION_HOOKS_COMMENT", url)
                    .env("OVATION_HOOKS_SECRET", HOOKS)
                    .env("OVATION_HOOKS_TIMEOUT", "5s")
                    .env("OVATION_HOOKS_BREAKER_FAILURES", "3"))
            .awaitReady();
  }

  @AfterAll
  void stop() {
    node.close();
    backEnd.destroyForcibly();
  }

  private Api.Answer comment(String text) {
    JsonObject body = JsonObject.of("user", "alice", "text", text);
    return node.api().post("/streams/s1/comments", body.encode());
  }

  @Test
  @Order(1)
  void theBackEndDecidesOnCommentsOfEachDoor() {
    try (TestViewer viewer = TestViewer.watch(node, "s1", "bob")) {
      Api.Answer denied = comment("the best casino");
      assertThat(denied.status()).isEqualTo(403);
      assertThat(denied.json().getString("code")).isEqualTo("denied");
      assertThat(denied.json().getString("detail")).contains("no advertising");
      assertThat(comment("spoiler: he dies").json().getString("status")).isEqualTo("held");
      assertThat(comment("fine :)").status()).isEqualTo(202);
      viewer.awaitMessage("comment", m -> m.getString("text").equals("fine 🙂"));
      viewer.send(JsonObject.of("type", "comment", "text", "casino", "id", "c1"));
      JsonObject error = viewer.awaitMessage("error", m -> "c1".equals(m.getString("id")));
      assertThat(error.getString("code")).isEqualTo("denied");
      viewer.send(JsonObject.of("type", "comment", "text", "mine :)", "id", "c2"));
      JsonObject mine = viewer.awaitMessage("comment", m -> m.getString("text").equals("mine 🙂"));
      assertThat(mine.getJsonObject("profile").getString("name")).isEqualTo("BOB");
      assertThat(viewer.all("comment")).hasSize(2);
    }
  }

  @Test
  @Order(1)
  void theBackEndRefusesViewersOnEachDoorWithAReason() {
    String watch = TestViewer.watchMessage("s1", "stranger").encode();
    for (String path : List.of("/live/websocket", "/live/000/abcd/websocket")) {
      try (RawViewer viewer = new RawViewer(node.port(), path)) {
        viewer.say(path.equals("/live/websocket") ? watch : JsonArray.of(watch).encode());
        JsonObject refused = viewer.next("error");
        assertThat(refused.getString("code")).isEqualTo("denied");
        assertThat(refused.getString("detail")).contains("members only");
      }
    }
    RawHttp.Answer sse = RawHttp.get(node.port(), "/streams/s1/events?user=stranger");
    assertThat(sse.status()).isEqualTo(403);
    assertThat(sse.json().getString("detail")).contains("members only");
    try (RawHttp http = new RawHttp(node.port())) {
      http.write("GET /streams/s1/events?user=bob HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(http.read(true).status()).isEqualTo(200);
    }
  }

  /** Also those of the back end that docs/trust.md shows. */
  @Test
  @Order(1)
  void theTokensOfTheExampleBackEndsAreAccepted() throws Exception {
    try (Python documented = new Python("docs/trust.md", AUTH)) {
      for (int server : List.of(port, documented.port)) {
        Await.until("port " + server, LIMIT, () -> tokenOf(server, "").status() == 401);
        Api.Answer made = tokenOf(server, "carol");
        assertThat(made.status()).isEqualTo(200);
        JsonObject body = JsonObject.of("text", "by token " + server);
        Api.Answer accepted =
            Api.withToken(node.port(), made.text()).post("/streams/s1/comments", body.encode());
        assertThat(accepted.status()).as(accepted.text()).isEqualTo(202);
        Api.Answer other =
            Api.withToken(node.port(), made.text()).post("/streams/s2/comments", body.encode());
        assertThat(other.json().getString("field")).isEqualTo("stream");
        assertThat(
                Api.withToken(node.port(), made.text() + "x")
                    .post("/streams/s1/comments", body.encode())
                    .status())
            .isEqualTo(401);
        Await.until(
            "the token's user as author",
            LIMIT,
            () ->
                node.api().get("/streams/s1/comments").json().getJsonArray("comments").stream()
                    .map(comment -> (JsonObject) comment)
                    .filter(comment -> comment.getString("text").equals(body.getString("text")))
                    .anyMatch(comment -> comment.getString("user").equals("carol")));
      }
    }
  }

  private static Api.Answer tokenOf(int server, String user) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server + "/")).timeout(LIMIT);
    if (!user.isEmpty()) {
      request.header("X-Signed-In-User", user);
    }
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
      return new Api.Answer(answer.statusCode(), "", answer.body());
    } catch (IOException notListening) {
      return new Api.Answer(0, "", "");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is not signed with the secret gets no answer of the back end's, so it decides nothing. */
  @Test
  @Order(1)
  void theBackEndAnswersNobodyButTheNode() throws Exception {
    for (String signature : List.of("v1,AAAA", "")) {
      HttpRequest forged =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/hooks"))
              .header("webhook-id", "1")
              .header("webhook-timestamp", Long.toString(System.currentTimeMillis() / 1000))
              .header("webhook-signature", signature)
              .POST(BodyPublishers.ofString("{\"type\":\"watch\",\"user\":\"bob\"}"))
              .build();
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(forged, BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body()).isEmpty();
    }
  }

  /** What docs/packages.md shows for receivers, as it is there. */
  @Test
  @Order(1)
  void theDocumentedChecksOfASignatureTakeWhatIsSignedAndNothingElse() throws Exception {
    long now = System.currentTimeMillis() / 1_000;
    String signature = new WebhookSignature(HOOKS).of("p-1", now, "{\"a\":\"ü\"}".getBytes(UTF_8));
    JsonArray cases =
        new JsonArray()
            .add(signed("p-1", now, "{\"a\":\"ü\"}", signature))
            .add(signed("p-2", now, "{\"a\":\"ü\"}", signature))
            .add(signed("p-1", now + 1, "{\"a\":\"ü\"}", signature))
            .add(signed("p-1", now, "{\"a\":\"u\"}", signature))
            .add(signed("p-1", now, "{\"a\":\"ü\"}", "v1,"))
            .add(signed("p-1", now, "{\"a\":\"ü\"}", signature.substring(0, 40)))
            .add(signed("p-1", now - 400, "{\"a\":\"ü\"}", signature))
            .add(signed("p-1", now + 400, "{\"a\":\"ü\"}", signature));
    String python =
        """
        import json, sys
        for case in json.loads(sys.argv[1]):
            try:
                verify(case["secret"], case["headers"], case["body"].encode())
                print("ok")
            except ValueError as e:
                print(e)
        """;
    String javaScript =
        """
        for (const { secret, headers, body } of JSON.parse(process.argv[1])) {
          try {
            verify(secret, headers, Buffer.from(body))
            console.log("ok")
          } catch (e) {
            console.log(e.message)
          }
        }
        """;
    List<String> answers = new ArrayList<>(List.of("ok"));
    answers.addAll(Collections.nCopies(5, "not from Ovation"));
    answers.addAll(List.of("too old", "too old"));
    String document = "docs/packages.md";
    String given = cases.encode().replace("ü", "\\u00fc"); // An argument in any locale.
    assertThat(says("python3", "-c", block(document, "python") + python, given)).isEqualTo(answers);
    assertThat(says("node", "-e", block(document, "js") + javaScript, given)).isEqualTo(answers);
  }

  private static JsonObject signed(String id, long time, String body, String signature) {
    JsonObject headers = JsonObject.of("webhook-id", id, "webhook-signature", signature);
    headers.put("webhook-timestamp", Long.toString(time));
    return JsonObject.of("secret", HOOKS, "headers", headers, "body", body);
  }

  private static List<String> says(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      return lines.lines().toList();
    }
  }

  private static String block(String document, String language) throws IOException {
    String text = Files.readString(Path.of(document));
    String fence = "```" + language + "\n";
    int from = text.indexOf(fence) + fence.length();
    return text.substring(from, text.indexOf("```", from));
  }

  /** The back end in the first Python block of a document, on a port of its own. */
  private static final class Python implements AutoCloseable {
    final int port = Ports.free();
    private final Process process;

    Python(String document, String secret) throws IOException {
      String program = block(document, "python");
      assertThat(program).contains("8000");
      ProcessBuilder command =
          new ProcessBuilder("python3", "-c", program.replace("8000", Integer.toString(port)));
      command.environment().put("OVATION_AUTH_SECRET", secret);
      process = command.redirectErrorStream(true).redirectOutput(new File("/dev/null")).start();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /** With {@code hooks.on_timeout: allow}. */
  @Test
  @Order(2)
  void withoutItsBackEndANodeServesAllAndTheBreakerOpens() {
    backEnd.destroyForcibly();
    Await.until(
        "the breaker",
        LIMIT,
        () -> {
          assertThat(comment("the best casino").status()).isEqualTo(202);
          return node.metrics().sum("ovation_hooks_breaker_open{hook=\"comment\"}") == 1;
        });
    try (TestViewer stranger = TestViewer.watch(node, "s1", "stranger")) {
      assertThat(stranger.watchingOffset()).isPositive();
    }
  }
}
