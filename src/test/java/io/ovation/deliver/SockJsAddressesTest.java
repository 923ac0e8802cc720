package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** The cases of sockjs-protocol that need no open session, named as there. */
class SockJsAddressesTest extends SockJsTestClient {
  private static final String SESSION = "/000/none";

  @TestFactory
  Stream<DynamicTest> cases() {
    Map<String, Executable> cases = new LinkedHashMap<>();
    cases.put("BaseUrlGreeting.test_greeting", this::greeting);
    cases.put(
        "BaseUrlGreeting.test_notFound",
        () -> notFound("/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/"));
    cases.put("IframePage.test_simpleUrl", () -> iframe("/iframe.html"));
    cases.put(
        "IframePage.test_versionedUrl",
        () -> iframe("/iframe-a.html", "/iframe-.html", "/iframe-0.1.2abc-dirty.2144.html"));
    cases.put(
        "IframePage.test_queriedUrl", () -> iframe("/iframe-a.html?t=1", "/iframe-0.1.2.html?t=q"));
    cases.put(
        "IframePage.test_invalidUrl",
        () -> notFound("/iframe.htm", "/iframe", "/IFRAME.HTML", "/iframe.HTML", "/iframe-/.html"));
    cases.put("IframePage.test_cacheability", () -> cacheability());
    cases.put("InfoTest.test_basic", () -> info());
    cases.put("InfoTest.test_entropy", () -> assertThat(entropy()).isNotEqualTo(entropy()));
    cases.put("InfoTest.test_options", () -> preflight("/info", "GET"));
    cases.put("InfoTest.test_options_null_origin", () -> preflight("/info", "POST"));
    cases.put("SessionURLs.test_anyValue", () -> anyValue());
    cases.put("SessionURLs.test_invalidPaths", () -> invalidPaths());
    cases.put("WebsocketHttpErrors.test_httpMethod", () -> httpMethod());
    cases.put("WebsocketHttpErrors.test_invalidConnectionHeader", () -> invalidConnection());
    cases.put("WebsocketHttpErrors.test_invalidMethod", () -> invalidMethod());
    cases.put("what a path takes", () -> allowed());
    cases.put("XhrPolling.test_options", () -> preflight(SESSION + "/xhr", "POST"));
    cases.put("XhrPolling.test_options (xhr_send)", () -> preflight(SESSION + "/xhr_send", "POST"));
    cases.put("XhrStreaming.test_options", () -> preflight(SESSION + "/xhr_streaming", "POST"));
    cases.put("Http10.test_synchronous", () -> synchronous("HTTP/1.0"));
    cases.put("Http11.test_synchronous", () -> synchronous("HTTP/1.1"));
    return cases.entrySet().stream()
        .map(one -> DynamicTest.dynamicTest(one.getKey(), one.getValue()));
  }

  private void greeting() {
    for (String path : List.of("", "/")) {
      HttpResponse<String> answer = get(path);
      status(200, answer);
      contentType("text/plain;charset=utf-8", answer);
      assertThat(answer.body()).isEqualTo("Welcome to SockJS!\n");
      withoutCookie(answer);
    }
  }

  private void notFound(String... paths) {
    for (String path : paths) {
      assertThat(get(path).statusCode()).describedAs(path).isEqualTo(404);
    }
  }

  private void iframe(String... paths) {
    for (String path : paths) {
      HttpResponse<String> page = get(path);
      status(200, page);
      contentType("text/html;charset=utf-8", page);
      assertThat(header(page, "Cache-Control"))
          .contains("public")
          .matches(".*max-age=[1-9]\\d{6}.*");
      assertThat(header(page, "Expires")).isNotEmpty();
      assertThat(header(page, "ETag")).isNotEmpty();
      assertThat(header(page, "Last-Modified")).isEmpty();
      assertThat(page.body()).contains("<script src=\"").contains("SockJS.bootstrap_iframe()");
      withoutCookie(page);
    }
  }

  private void cacheability() {
    String tag = header(get("/iframe.html"), "ETag");
    assertThat(header(get("/iframe.html"), "ETag")).isEqualTo(tag);
    HttpResponse<String> same =
        send(request("/iframe.html").header("If-None-Match", tag).GET().build());
    status(304, same);
    assertThat(same.body()).isEmpty();
    assertThat(header(same, "Content-Type")).isEmpty();
  }

  private void info() {
    HttpResponse<String> answer = send(request("/info").header("Origin", "http://a").build());
    status(200, answer);
    contentType("application/json;charset=utf-8", answer);
    withoutCookie(answer);
    notCached(answer);
    crossOrigin(answer);
    JsonObject info = new JsonObject(answer.body());
    assertThat(info.getBoolean("websocket")).isTrue();
    assertThat(info.getBoolean("cookie_needed")).isFalse();
    assertThat(info.getJsonArray("origins")).containsExactly("*:*");
  }

  private long entropy() {
    long entropy = new JsonObject(get("/info").body()).getLong("entropy");
    assertThat(entropy).isBetween(0L, (1L << 32) - 1);
    return entropy;
  }

  private void preflight(String path, String method) {
    for (String origin : List.of("http://a", "null")) {
      HttpResponse<String> answer =
          send(
              request(path)
                  .header("Origin", origin)
                  .header("Access-Control-Request-Method", method)
                  .method("OPTIONS", BodyPublishers.noBody())
                  .build());
      status(204, answer);
      assertThat(answer.body()).isEmpty();
      assertThat(header(answer, "Access-Control-Allow-Methods")).contains(method);
      assertThat(Integer.parseInt(header(answer, "Access-Control-Max-Age"))).isPositive();
      crossOrigin(answer);
    }
  }

  private void anyValue() {
    for (String path : List.of("/a/a", "/_/_", "/1/", "/abcdefgh_i-j%20/abcdefg_i-j%20")) {
      assertThat(post(path + "-of-anyValue/xhr", "").body()).describedAs(path).isEqualTo("o\n");
    }
  }

  private void invalidPaths() {
    for (String path : List.of("//", "/a./a", "/a/a.", "/./.", "/", "///")) {
      notFound(path + "/xhr");
      assertThat(post(path + "/xhr", "").statusCode()).describedAs(path).isEqualTo(404);
    }
  }

  private void httpMethod() {
    status(400, get("/0/0/websocket"));
  }

  private void invalidConnection() {
    assertThat(upgrade("GET", "/0/0/websocket", "close").status()).isEqualTo(400);
  }

  private void invalidMethod() {
    HttpResponse<String> answer = post("/0/0/websocket", "");
    status(405, answer);
    assertThat(header(answer, "Allow")).contains("GET");
    assertThat(upgrade("POST", "/0/0/websocket", "Upgrade").status()).isIn(400, 405);
  }

  private void allowed() {
    for (String path : List.of("", "/", "/iframe.html", SESSION + "/eventsource")) {
      for (String method : List.of("OPTIONS", "PUT", "PATCH")) {
        HttpResponse<String> answer =
            send(request(path).method(method, BodyPublishers.noBody()).build());
        status(405, answer);
        assertThat(header(answer, "Allow")).describedAs(path).isEqualTo("GET, HEAD");
      }
    }
  }

  private void synchronous(String version) {
    try (RawHttp http = new RawHttp(stage.port)) {
      for (int i = 0; i < 2; i++) {
        http.write(
            "GET /live/iframe.html "
                + version
                + "\r\nHost: localhost\r\nConnection: Keep-Alive\r\n\r\n");
        RawHttp.Answer answer = http.read();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("SockJS");
        assertThat(answer.headers()).doesNotContainKey("transfer-encoding");
        String connection = answer.headers().getOrDefault("connection", "");
        assertThat(connection)
            .isIn(version.endsWith("1") ? List.of("", "keep-alive") : List.of("keep-alive"));
      }
    }
  }
}
