package io.ovation.http.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.FailureHandler;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SlowBodyTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Test
  void aBodyThatStopsComingIsRefusedAndItsConnectionEnds() throws Exception {
    Vertx vertx = Vertx.vertx();
    int port = Ports.free();
    JsonBodies bodies =
        new JsonBodies(
            vertx, 64 * 1024, new InFlightLimiter(1 << 20), () -> {}, Duration.ofSeconds(1));
    Router router = Router.router(vertx);
    router.post().handler(ctx -> bodies.json(ctx).onFailure(e -> FailureHandler.answer(ctx, e)));
    vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(port, "127.0.0.1")
        .await(20, TimeUnit.SECONDS);
    try (RawHttp http = new RawHttp(port)) {
      http.write(RawHttp.head("POST", "/", "application/json", 1000) + "{\"id\":\"c1\",\"user\":");
      RawHttp.Answer answer = http.readWithin(LIMIT);
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.json().getString("field")).isEqualTo("body");
      assertThat(answer.json().getString("id")).isEqualTo("c1");
      assertThat(http.closedByServer()).isTrue();
    } finally {
      vertx.close().await(20, TimeUnit.SECONDS);
    }
  }
}
