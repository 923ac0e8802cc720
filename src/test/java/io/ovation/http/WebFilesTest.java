package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebFilesTest {
  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();

  @BeforeEach
  void serve() throws Exception {
    Config.Http config = HttpSettings.of(port, 65536).build();
    HttpServers front = new HttpServers(vertx, config, 65536, new Metrics());
    front.mount(new WebFiles());
    front.listen().await(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html",
    "/app.js, text/javascript",
    "/comments.js, text/javascript",
    "/reactions.js, text/javascript",
    "/tools.js, text/javascript",
    "/sending.js, text/javascript",
    "/words.js, text/javascript",
    "/ovation.js, text/javascript",
    "/ovation.mjs, text/javascript",
    "/style.css, text/css",
    "/icon.svg, image/svg+xml",
    "/webjars/sockjs.min.js, text/javascript",
    "/openapi.yaml, application/yaml"
  })
  void everyFileIsServedAndOnlyOnceToThoseWhoKeepIt(String path, String type) {
    RawHttp.Answer full = RawHttp.get(port, path);
    assertThat(full.status()).isEqualTo(200);
    assertThat(full.headers().get("content-type")).startsWith(type);
    assertThat(full.headers()).containsEntry("cache-control", "no-cache");
    assertThat(full.body()).isNotEmpty();

    try (RawHttp http = new RawHttp(port)) {
      String etag = full.headers().get("etag");
      http.write("GET " + path + " HTTP/1.1\r\nHost: a\r\nIf-None-Match: " + etag + "\r\n\r\n");
      assertThat(http.read().status()).isEqualTo(304);
    }
  }

  @Test
  void theClientIsUnderEightKilobytesOnTheWireAndMayBeLoadedFromAnyPage() {
    try (RawHttp http = new RawHttp(port)) {
      http.write("GET /ovation.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
      RawHttp.Answer answer = http.read();
      assertThat(answer.headers()).containsEntry("content-encoding", "gzip");
      assertThat(Integer.parseInt(answer.headers().get("content-length"))).isLessThan(8_000);
      assertThat(answer.headers())
          .containsEntry("access-control-allow-origin", "*")
          .containsEntry("cross-origin-resource-policy", "cross-origin");
    }
  }

  @Test
  void sockJsLetsBrowsersKeepThePageForTheWayBack() {
    assertThat(RawHttp.get(port, "/webjars/sockjs.min.js").body())
        .contains("attachEvent(\"never\"")
        .doesNotContain("attachEvent(\"unload\"");
  }

  /** An answer that allows all origins allows none of them with credentials. */
  @Test
  void sockJsAsksOtherOriginsWithoutCredentials() {
    assertThat(RawHttp.get(port, "/webjars/sockjs.min.js").body())
        .contains("this.xhr.withCredentials=!1")
        .doesNotContain("withCredentials=!0");
  }

  /** In a hidden page a timer may come after a minute. */
  @Test
  void sockJsSendsWithoutATimer() {
    assertThat(RawHttp.get(port, "/webjars/sockjs.min.js").body())
        .contains("Promise.resolve().then(function(){o._start(e,t,n,r)})", "t.sendSchedule()})")
        .doesNotContain("setTimeout(function(){o._start", "t.sendSchedule()},25)");
  }

  @Test
  void headIsAnsweredWithoutABody() {
    try (RawHttp http = new RawHttp(port)) {
      http.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(http.read(true).status()).isEqualTo(200);
      assertThat(http.read().status()).isEqualTo(404);
    }
  }

  @Test
  void nothingButTheNodesOwnFilesMayRunOnThePage() {
    assertThat(RawHttp.get(port, "/").headers().get("content-security-policy"))
        .contains("default-src 'none'")
        .contains("script-src 'self'")
        .doesNotContain("unsafe");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/app.js",
        "/comments.js",
        "/reactions.js",
        "/tools.js",
        "/sending.js",
        "/words.js",
        "/ovation.js",
        "/style.css"
      })
  void thePageLoadsNothingFromElsewhereAndInsertsNoMarkup(String path) {
    assertThat(RawHttp.get(port, path).body())
        .doesNotContain("http://", "https://", "innerHTML", "insertAdjacentHTML", "style=\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/web/index.html", "/../openapi.yaml", "/%2e%2e/app.js/x", "/webjars/"})
  void nothingElseOfTheJarIsServed(String path) {
    assertThat(RawHttp.get(port, path).body()).doesNotContain("<html");
    assertThat(RawHttp.get(port, "/conf/ovation.yaml").status()).isEqualTo(404);
  }
}
