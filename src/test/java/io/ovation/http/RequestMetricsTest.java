package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final int port = Ports.free();

  @BeforeEach
  void start() {
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, metrics);
    FutureResult.of(
        servers.mount(
            loop -> {
              loop.router().get("/things/:id").handler(ctx -> ctx.response().end("one"));
              loop.router()
                  .get("/things/:id/events")
                  .handler(
                      ctx ->
                          ctx.response()
                              .putHeader("content-type", "text/event-stream")
                              .end("data: 1\n\n"));
            }));
    FutureResult.of(servers.listen());
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  @Test
  void requestsAreTimedByRouteAndNotByPath() {
    get("/things/1", 200);
    get("/things/2", 200);
    awaitLine("route=\"/things/:id\"", "method=\"GET\"", "code=\"200\"", "} 2");
    assertThat(metrics.scrape()).doesNotContain("/things/1", "/things/2");
  }

  @Test
  void whatNoRouteAnswersIsOneSeries() {
    get("/a", 404);
    get("/b", 404);
    assertThat(RawHttp.send(port, "POST", "/things/1", "", new byte[0]).status()).isEqualTo(405);
    awaitLine("route=\"none\"", "method=\"GET\"", "code=\"404\"", "} 2");
    awaitLine("route=\"none\"", "method=\"POST\"", "code=\"405\"", "} 1");
  }

  @Test
  void madeUpMethodsAreOneSeries() {
    RawHttp.send(port, "FROB", "/a", "", new byte[0]);
    RawHttp.send(port, "NICATE", "/a", "", new byte[0]);
    awaitLine("method=\"other\"", "} 2");
    assertThat(metrics.scrape()).doesNotContain("FROB", "NICATE");
  }

  @Test
  void viewersStreamsAreNotTimed() {
    get("/things/1/events", 200);
    get("/things/1", 200);
    awaitLine("route=\"/things/:id\"", "} 1");
    assertThat(metrics.scrape()).doesNotContain("/things/:id/events");
  }

  private void get(String path, int status) {
    assertThat(RawHttp.get(port, path).status()).isEqualTo(status);
  }

  /** The client may have the answer before the server has noted its end. */
  private void awaitLine(String... parts) {
    Await.until(
        () -> String.join(" ", parts) + " in\n" + metrics.scrape(),
        Duration.ofSeconds(5),
        () ->
            metrics
                .scrape()
                .lines()
                .filter(line -> line.startsWith("ovation_http_requests_seconds_count"))
                .anyMatch(line -> java.util.stream.Stream.of(parts).allMatch(line::contains)));
  }
}
