package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminEventsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();
  private final AtomicInteger reports = new AtomicInteger();
  private final Metrics metrics = new Metrics();
  private final AdminEvents events = new AdminEvents(vertx, this::report, metrics);
  private final HttpClient client =
      vertx.createHttpClient(new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(100));

  @BeforeEach
  void start() {
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, new Metrics());
    FutureResult.of(servers.mount(events));
    FutureResult.of(servers.listen());
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  /** The first throws. */
  private Future<JsonObject> report() {
    int number = reports.incrementAndGet();
    if (number == 1) {
      throw new IllegalStateException("of this test");
    }
    return Future.succeededFuture(new JsonObject().put("number", number));
  }

  private HttpClientResponse open(List<String> received) {
    return FutureResult.of(
        client
            .request(HttpMethod.GET, port, "127.0.0.1", "/admin/events")
            .compose(request -> request.send())
            .map(response -> response.handler((Buffer b) -> received.add(b.toString()))));
  }

  @Test
  void oneReportServesAllPagesAndAFailedOneEndsNothingAndNoneIsMadeWithoutPages() {
    assertThat(reports).hasValue(0);
    List<List<String>> received = new ArrayList<>();
    List<HttpClientResponse> pages = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      List<String> one = new CopyOnWriteArrayList<>();
      received.add(one);
      pages.add(open(one));
    }
    for (List<String> one : received) {
      Await.until(
          () -> "a report, received " + one, LIMIT, () -> one.toString().contains("\"number\":2}"));
    }
    assertThat(reports.get()).isLessThanOrEqualTo(3);
    pages.forEach(page -> page.request().connection().close());
    Await.until("no page", LIMIT, () -> metrics.sum("ovation.operate.pages") == 0);
  }

  @Test
  void pagesPastTheBoundAreRefused() {
    for (int i = 0; i < 32; i++) {
      assertThat(open(new CopyOnWriteArrayList<>()).statusCode()).isEqualTo(200);
    }
    assertThat(open(new CopyOnWriteArrayList<>()).statusCode()).isEqualTo(503);
  }

  @Test
  void headAnswersAsGetDoesAndOpensNoPage() {
    Answer head = RawHttp.send(port, "HEAD", "/admin/events", "", new byte[0]);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.headers().get("content-type"))
        .isEqualTo(open(new CopyOnWriteArrayList<>()).getHeader("content-type"));
    assertThat(metrics.sum("ovation.operate.pages")).isEqualTo(1);
    Answer other = RawHttp.send(port, "PATCH", "/admin/events", "", new byte[0]);
    assertThat(other.status()).isEqualTo(405);
    assertThat(other.headers().get("allow")).contains("GET", "HEAD");
  }
}
