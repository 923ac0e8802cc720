package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.problem.FailureHandler;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.LogCapture;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.vertx.core.Vertx;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The answer names the request as the log does. */
class RequestIdsTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();

  @BeforeEach
  void start() {
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, new Metrics());
    FutureResult.of(
        servers.mount(
            loop -> {
              loop.router().get("/fine").handler(ctx -> ctx.end("fine"));
              loop.router()
                  .get("/boom")
                  .handler(
                      ctx -> {
                        throw new IllegalStateException("broken");
                      });
            }));
    FutureResult.of(servers.listen());
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  @Test
  void eachAnswerHasAnIdOfItsOwnAndTheLogNamesTheRequestByIt() {
    try (LogCapture log = LogCapture.of(FailureHandler.class)) {
      String failed = id(get("/boom", ""), 500);
      String refused = id(get("/nowhere", ""), 404);
      assertThat(id(get("/fine", ""), 200)).isNotIn(failed, refused).isNotEqualTo(refused);
      assertThat(log.namesOf("GET /* failed"))
          .containsEntry("request_id", failed)
          .containsEntry("correlation_id", failed);
      assertThat(log.namesOf("is refused: 404"))
          .containsEntry("request_id", refused)
          .containsEntry("correlation_id", refused);
    }
  }

  @Test
  void theCallersIdAndTraceAreKept() {
    try (LogCapture log = LogCapture.of(FailureHandler.class)) {
      String headers =
          "X-Request-Id: mine:1\r\ntraceparent: 00-" + TRACE + "-00f067aa0ba902b7-00\r\n";
      assertThat(id(get("/boom", headers), 500)).isEqualTo("mine:1");
      assertThat(log.namesOf("GET /* failed"))
          .containsEntry("request_id", "mine:1")
          .containsEntry("correlation_id", TRACE)
          .containsEntry("trace_id", TRACE);
    }
  }

  @Test
  void anIdThatALogMustNotHaveIsReplaced() {
    assertThat(id(get("/fine", "X-Request-Id: a\"b\r\n"), 200)).matches("[0-9a-f]{1,16}");
    assertThat(id(get("/fine", "X-Request-Id: " + "x".repeat(129) + "\r\n"), 200))
        .matches("[0-9a-f]{1,16}");
  }

  @Test
  void whatIsNoHttpHasOneToo() {
    try (RawHttp raw = new RawHttp(port)) {
      raw.write("GET / \0HTTP/9.9\r\nHost: a\r\n\r\n");
      assertThat(id(raw.read(), 400)).matches("[0-9a-f]{1,16}");
    }
  }

  private RawHttp.Answer get(String path, String headers) {
    try (RawHttp raw = new RawHttp(port)) {
      raw.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
      return raw.read();
    }
  }

  private static String id(RawHttp.Answer answer, int status) {
    assertThat(answer.status()).isEqualTo(status);
    return Objects.requireNonNull(answer.headers().get("x-request-id"));
  }
}
