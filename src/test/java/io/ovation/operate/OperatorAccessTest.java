package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.HttpServers;
import io.ovation.http.WebFiles;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A page of somebody else in an operator's browser gets nowhere. */
class OperatorAccessTest {
  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();

  private void start(String token) {
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, new Metrics());
    FutureResult.of(servers.mount(new OperatorAccess(token)));
    FutureResult.of(servers.mount(WebFiles.admin()));
    FutureResult.of(
        servers.mount(loop -> loop.router().route("/act").handler(ctx -> ctx.response().end())));
    FutureResult.of(servers.listen());
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  private int status(String method, String path, String headers) {
    try (RawHttp http = new RawHttp(port)) {
      http.write(method + " " + path + " HTTP/1.1\r\n" + headers + "\r\n");
      return http.read().status();
    }
  }

  @Test
  void pagesOfOtherOriginsMayNotActAndOursMay() {
    start("");
    String own = "Host: localhost:" + port + "\r\n";
    assertThat(status("POST", "/act", own)).isEqualTo(200);
    assertThat(status("POST", "/act", own + "Origin: http://localhost:" + port + "\r\n"))
        .isEqualTo(200);
    for (String origin :
        new String[] {
          "https://evil.example",
          "null",
          "http://localhost:1",
          "http://evil-localhost:" + port,
          "http://evil.example://localhost:" + port
        }) {
      for (String method : new String[] {"POST", "DELETE", "GET"}) {
        assertThat(status(method, "/act", own + "Origin: " + origin + "\r\n"))
            .as(method + " of " + origin)
            .isEqualTo(403);
      }
    }
  }

  @Test
  void withoutATokenANameThatPointsToLoopbackGetsNoAnswer() {
    start("");
    for (String host : new String[] {"evil.example", "127.0.0.1.evil.example", "localhost.evil"}) {
      assertThat(status("GET", "/act", "Host: " + host + ":" + port + "\r\n"))
          .as(host)
          .isEqualTo(403);
    }
    for (String host : new String[] {"localhost", "127.0.0.1", "[::1]"}) {
      assertThat(status("GET", "/act", "Host: " + host + ":" + port + "\r\n"))
          .as(host)
          .isEqualTo(200);
    }
  }

  @Test
  void withATokenThePagesFilesAreOpenAndNothingElse() {
    start("a-token-of-operators");
    String host = "Host: ovation.internal\r\n";
    for (String file : new String[] {"", "/app.js", "/server.js", "/plot.js", "/style.css"}) {
      assertThat(status("GET", "/admin" + file, host)).as(file).isEqualTo(200);
    }
    assertThat(status("GET", "/act", host)).isEqualTo(401);
    assertThat(status("GET", "/admin/events", host)).isEqualTo(401);
    String token = "Authorization: Bearer a-token-of-operators\r\n";
    assertThat(status("GET", "/act", host + token)).isEqualTo(200);
    // A proxy may have checked the other one.
    assertThat(status("GET", "/act", host + token + "Authorization: Bearer x\r\n")).isEqualTo(401);
  }
}
