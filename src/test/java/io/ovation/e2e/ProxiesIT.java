package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ProxyServer;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCertificate;
import io.ovation.testkit.TestCluster;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes behind the proxies of {@code examples/proxies}. */
@ExtendWith(ShowLogs.class)
class ProxiesIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private static TestCluster cluster;
  private static ProxyServer nginx;
  private static ProxyServer haproxy;

  @BeforeAll
  static void start() {
    cluster =
        TestCluster.start(
            Map.of("OVATION_RABBITMQ_CONFIRM_TIMEOUT", "1s", "OVATION_DRAIN_PERIOD", "5s"),
            TestCluster.ALL,
            TestCluster.ALL);
    nginx = ProxyServer.nginx(cluster.node(0).port(), cluster.node(1).port());
    haproxy = ProxyServer.haproxy(cluster.node(0).port(), cluster.node(1).port());
    Await.until(
        "both find a node well",
        Duration.ofSeconds(30),
        () ->
            RawHttp.get(nginx.port(), "/health/ready").status() == 200
                && RawHttp.get(haproxy.port(), "/health/ready").status() == 200);
  }

  @AfterAll
  static void stop() {
    nginx.close();
    haproxy.close();
    cluster.close();
  }

  /** Plain WebSocket, SockJS by each of its transports, server-sent events. */
  @Test
  void viewersJoinThroughNginxByEveryTransport() {
    NodeScript.run("protocol.mjs", nginx.url());
    NodeScript.run("events.mjs", nginx.url());
  }

  @Test
  void viewersJoinThroughHaproxyByEveryTransport() {
    NodeScript.run("protocol.mjs", haproxy.url());
    NodeScript.run("events.mjs", haproxy.url());
  }

  /** Without HAProxy's option http-no-delay each frame waits 200 ms for more. */
  @Test
  void streamedFramesPassHaproxyAtOnce() throws IOException {
    String session = "/live/000/" + UUID.randomUUID();
    try (Socket socket = new Socket("127.0.0.1", haproxy.port());
        BufferedReader frames =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket.setSoTimeout(20_000);
      String open = RawHttp.head("POST", session + "/xhr_streaming", "", 0);
      socket.getOutputStream().write(open.getBytes(StandardCharsets.US_ASCII));
      awaitLine(frames, "o");
      long fastest = Long.MAX_VALUE;
      for (int i = 0; i < 20; i++) {
        long asked = System.nanoTime();
        RawHttp.post(haproxy.port(), session + "/xhr_send", "[\"{\\\"type\\\":\\\"ping\\\"}\"]");
        awaitLine(frames, "a[\"{\\\"type\\\":\\\"pong\\\"}\"]");
        fastest = Math.min(fastest, System.nanoTime() - asked);
      }
      assertThat(Duration.ofNanos(fastest)).isLessThan(Duration.ofMillis(150));
    }
  }

  private static void awaitLine(BufferedReader lines, String wanted) throws IOException {
    String line = lines.readLine();
    while (!wanted.equals(line)) {
      assertThat(line).as("before " + wanted).isNotNull();
      line = lines.readLine();
    }
  }

  /** A node's answer says that it is not to be held back. */
  @Test
  void aProxyThatCompressesAndBuffersHoldsNoEventBack() {
    String buffering = "proxy_buffering on; gzip on; gzip_types *; gzip_proxied any;";
    int node = cluster.node(0).port();
    try (ProxyServer proxy = ProxyServer.nginx(node, "proxy_buffering off;", buffering)) {
      assertThat(events(proxy, "text/event-stream\r\nAccept-Encoding: gzip").headers())
          .containsEntry("content-encoding", "gzip");
      NodeScript.run("events.mjs", proxy.url());
    }
  }

  /** As browsers speak it where there is TLS: the way out of six connections per host. */
  @Test
  void eventStreamsCommentsAndAWebSocketPassAProxyThatSpeaksHttp2(@TempDir Path dir) {
    TestCertificate tls = TestCertificate.create(dir, "localhost", 1);
    try (ProxyServer proxy = ProxyServer.http2(cluster.node(0).port(), tls)) {
      NodeScript.run("http2.mjs", "" + proxy.port());
    }
  }

  @Test
  void theShippedFilesPassNothingThatIsForOperators() {
    List<String> paths = new ArrayList<>(OperatorsPortIT.OPERATORS_ONLY);
    paths.addAll(List.of("/admin", "/admin/", "/admin/app.js"));
    for (ProxyServer proxy : List.of(nginx, haproxy)) {
      for (String path : paths) {
        RawHttp.Answer answer = RawHttp.get(proxy.port(), path);
        assertThat(answer.status()).as(path).isIn(400, 404);
        assertThat(answer.body()).as(path).doesNotContain("ovation_build_info", "<title>");
      }
      byte[] none = new byte[0];
      String purge = "/queue/dead-letters/packages";
      assertThat(RawHttp.send(proxy.port(), "DELETE", purge, "application/json", none).status())
          .isEqualTo(404);
    }
  }

  @Test
  void aNodesRefusalPassesWithItsRetryAfterAndViewersGetThroughWithoutTheQueue() {
    Servers.rabbit().pause();
    try {
      for (ProxyServer proxy : List.of(nginx, haproxy)) {
        Await.until("a refusal", Duration.ofSeconds(20), () -> post(proxy) == 503);
        assertThat(RawHttp.get(proxy.port(), "/").status()).isEqualTo(200);
        assertThat(RawHttp.get(proxy.port(), "/ovation.js").status()).isEqualTo(200);
        try (RawViewer viewer = new RawViewer(proxy.port(), "/live/websocket")) {
          viewer.watch("proxied");
        }
      }
    } finally {
      Servers.rabbit().resume();
    }
    for (ProxyServer proxy : List.of(nginx, haproxy)) {
      Await.until("the queue is back", Duration.ofSeconds(60), () -> post(proxy) == 202);
    }
  }

  /** A thousand of them, directly and through both, while comments flow and both nodes end. */
  @Test
  @Tag("alone")
  void eachEventSourceComesBackAndMissesNothingWhileNodesAreKilledAndDrained() throws IOException {
    List<String> streams = StreamViewers.streams("sources", 10);
    List<String> arguments = new ArrayList<>(List.of("1000", String.join(",", streams)));
    arguments.addAll(List.of(nginx.url(), haproxy.url()));
    cluster.nodes().forEach(node -> arguments.add("http://127.0.0.1:" + node.port()));
    Process sources = NodeScript.start("eventsources.mjs", arguments);
    try (BufferedReader said = sources.inputReader()) {
      assertThat(said.readLine()).isEqualTo("watching");
      CommentLoad load = CommentLoad.start(cluster.nodes(), streams, 20);
      load.awaitMore(20, LIMIT);
      cluster.node(1).kill();
      load.awaitMore(20, LIMIT);
      cluster.restart(1);
      cluster.node(0).terminate();
      cluster.restart(0);
      load.awaitMore(20, LIMIT);
      load.finish(LIMIT);
      JsonObject expected = new JsonObject();
      streams.forEach(s -> expected.put(s, new JsonArray(List.copyOf(load.accepted(s)))));
      try (BufferedWriter told = sources.outputWriter()) {
        told.write(expected.encode() + "\n");
      }
      assertThat(said.readLine()).isEqualTo("{}");
    } finally {
      sources.destroyForcibly();
    }
  }

  @Test
  void withoutAnyNodeTheyRefuseAsANodeWould() {
    NodeSpec nobody = NodeSpec.named("nobody");
    try (ProxyServer first = ProxyServer.nginx(nobody.port(), nobody.port());
        ProxyServer second = ProxyServer.haproxy(nobody.port(), nobody.port())) {
      assertThat(post(first)).isEqualTo(503);
      assertThat(post(second)).isEqualTo(503);
      String large = " ".repeat((64 << 10) + 1);
      RawHttp.Answer tooLarge = RawHttp.post(first.port(), "/streams/proxied/comments", large);
      assertThat(tooLarge.status()).isEqualTo(413);
      assertThat(tooLarge.json().getString("code")).isEqualTo("too_large");
      for (ProxyServer proxy : List.of(first, second)) {
        RawHttp.Answer answer = events(proxy, "text/event-stream");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("content-type", "text/event-stream");
        assertThat(answer.headers())
            .containsEntry("cache-control", "no-store, no-transform")
            .containsEntry("access-control-allow-origin", "*");
        assertThat(answer.body())
            .matches("retry: [1-4]\\d{3}\ndata: \\{\"type\":\"error\".*\\}\n\n");
        assertThat(events(proxy, "*/*").status()).isEqualTo(503);
        Await.until(
            "an EventSource of SockJS to be told",
            Duration.ofSeconds(30),
            () -> {
              String session = "/live/000/" + UUID.randomUUID() + "/eventsource";
              return events(proxy, session, "text/event-stream").status() == 200;
            });
      }
    }
  }

  private static RawHttp.Answer events(ProxyServer proxy, String accept) {
    return events(proxy, "/streams/s1/events?user=bob", accept);
  }

  private static RawHttp.Answer events(ProxyServer proxy, String path, String accept) {
    try (RawHttp http = new RawHttp(proxy.port())) {
      String head = RawHttp.head("GET", path, "", 0);
      http.write(head.replace("Host: localhost", "Host: localhost\r\nAccept: " + accept));
      return http.read();
    }
  }

  @Test
  void aNodeThatStartsTakesNothingBeforeItCanServe() {
    cluster.node(1).kill();
    CompletableFuture<NodeProcess> ready = CompletableFuture.supplyAsync(() -> cluster.restart(1));
    List<String> refused = new ArrayList<>();
    while (!ready.isDone()) {
      for (ProxyServer proxy : List.of(nginx, haproxy)) {
        for (RawHttp.Answer answer : List.of(posted(proxy), RawHttp.get(proxy.port(), "/"))) {
          // RabbitMQ of a busy machine may confirm late, to a node that has long started.
          boolean late = answer.body().contains("did not confirm");
          if (answer.status() != 202 && answer.status() != 200 && !late) {
            refused.add(answer.status() + " " + answer.body());
          }
        }
      }
    }
    ready.join();
    assertThat(refused).isEmpty();
  }

  /** Posts a comment, and again while it is refused, after the time that the refusal names. */
  private static int post(ProxyServer proxy) {
    RawHttp.Answer answer = posted(proxy);
    if (answer.status() != 202) {
      assertThat(answer.headers()).containsKey("retry-after");
      assertThat(answer.headers().get("content-type")).contains("application/problem+json");
      assertThat(answer.json().getString("code")).isEqualTo("unavailable");
    }
    return answer.status();
  }

  private static RawHttp.Answer posted(ProxyServer proxy) {
    String comment = "{\"user\":\"alice\",\"text\":\"hi\"}";
    return RawHttp.post(proxy.port(), "/streams/proxied/comments", comment);
  }
}
