package io.ovation.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.TestKeys;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A key server that lies or never ends: the keys stay as they are. */
class KeyStoreTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Vertx VERTX = Vertx.vertx();
  private static final TestKeys KEY = TestKeys.of("EdDSA", "k");
  private static final String GOOD = TestKeys.set(KEY);
  private static final String OTHER = TestKeys.set(TestKeys.of("EdDSA", "other"));

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Handler<HttpServerRequest> answer = request -> request.response().end(GOOD);

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private KeyStore store() throws Exception {
    KeyStore store = opened("");
    if (fails(store.start())) {
      read(store);
    }
    return store;
  }

  private KeyStore opened(String secret) throws Exception {
    var server =
        await(
            VERTX
                .createHttpServer()
                .requestHandler(
                    request -> {
                      asked.incrementAndGet();
                      answer.handle(request);
                    })
                .listen(0, "127.0.0.1"));
    String url = "http://127.0.0.1:" + server.actualPort() + "/jwks.json";
    Config.Auth config = new Config.Auth(true, secret, url, "", "", Duration.ofSeconds(30));
    return new KeyStore(VERTX, config, new TokenMetrics(new Metrics()), nanos::get);
  }

  /** Until it works: on a busy machine an answer may be late. */
  private void read(KeyStore store) {
    Await.until(
        "the keys",
        LIMIT,
        () -> {
          nanos.addAndGet(KeyStore.MIN_PERIOD.toNanos());
          return !fails(store.refresh());
        });
  }

  private static Handler<HttpServerRequest> body(String body) {
    return request -> request.response().end(body);
  }

  private static Handler<HttpServerRequest> key(String field, Object value) {
    JsonObject key = new JsonObject(OTHER).getJsonArray("keys").getJsonObject(0);
    return body(JsonObject.of("keys", JsonArray.of(key.put(field, value))).encode());
  }

  private static Map<String, Handler<HttpServerRequest>> lies() {
    Map<String, Handler<HttpServerRequest>> lies = new LinkedHashMap<>();
    lies.put("nothing", body(""));
    lies.put("null", body("null"));
    lies.put("a list", body("[]"));
    lies.put("no keys", body("{}"));
    lies.put("an empty set", body("{\"keys\":[]}"));
    lies.put("keys that are none", body("{\"keys\":{}}"));
    lies.put("a page", body("<html>signed in?</html>"));
    lies.put("half of a set", body(OTHER.substring(0, OTHER.length() / 2)));
    lies.put("a secret", body("{\"keys\":[{\"kty\":\"oct\",\"k\":\"" + "A".repeat(43) + "\"}]}"));
    lies.put("a key of another kind", key("kty", "oct"));
    lies.put("another curve", key("crv", "Ed448"));
    lies.put("another algorithm", key("alg", "HS256"));
    lies.put("a key that is no point", key("x", "!!"));
    lies.put("a short key", key("x", "AAAA"));
    lies.put("a key for encryption", key("use", "enc"));
    lies.put(
        "a small RSA key", body("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}"));
    lies.put("500", request -> request.response().setStatusCode(500).end(OTHER));
    lies.put("401", request -> request.response().setStatusCode(401).end(OTHER));
    lies.put("another place", KeyStoreTest::redirect);
    lies.put("more than may be", body(OTHER + " ".repeat(300 * 1024)));
    lies.put("an end in between", request -> request.connection().close());
    return lies;
  }

  private static void redirect(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (request.path().equals("/jwks.json")) {
      response.setStatusCode(302).putHeader("location", "/elsewhere").end();
    } else {
      response.end(OTHER);
    }
  }

  @Test
  void whateverIsNoKeySetLeavesTheKeysAsTheyAre() throws Exception {
    KeyStore store = store();
    KeySet keys = store.keys();
    assertThat(keys).isNotNull();
    for (Map.Entry<String, Handler<HttpServerRequest>> lie : lies().entrySet()) {
      answer = lie.getValue();
      nanos.addAndGet(KeyStore.MIN_PERIOD.toNanos());
      assertThat(fails(store.refresh())).as(lie.getKey()).isTrue();
      assertThat(store.keys()).as(lie.getKey()).isSameAs(keys);
    }
    answer = body(OTHER);
    read(store);
    assertThat(store.keys()).isNotSameAs(keys);
  }

  /** Not after a minute: until then nobody could get in. */
  @Test
  void withoutAnAnswerAtTheStartTheSecretCountsAndPublishedKeysSoonDoToo() throws Exception {
    answer = request -> request.response().setStatusCode(503).end();
    KeyStore store = opened("a-secret-of-32-characters-or-more");
    assertThat(fails(store.start())).isTrue();
    assertThat(store.isRead()).isFalse();
    assertThat(store.keys()).isNotNull().matches(keys -> keys.candidates("HS256", null) == 1);
    answer = body(GOOD);
    Await.until("the keys", LIMIT, store::isRead);
    assertThat(store.keys()).isNotNull().matches(keys -> keys.candidates("EdDSA", "k") == 1);
  }

  /** A byte now and then would keep each connection busy for ever, and there are two. */
  @Test
  void answersThatNeverEndAreGivenUpAndTheirConnectionsAreFree() throws Exception {
    KeyStore store = store();
    KeySet keys = store.keys();
    answer =
        request -> {
          request.response().setChunked(true);
          VERTX.setPeriodic(100, timer -> request.response().write(" "));
        };
    for (int i = 0; i < 3; i++) {
      nanos.addAndGet(KeyStore.MIN_PERIOD.toNanos());
      assertThat(fails(store.refresh())).isTrue();
      assertThat(store.keys()).isSameAs(keys);
    }
    answer = body(OTHER);
    read(store);
    assertThat(store.keys()).isNotSameAs(keys);
  }

  @Test
  void unknownKeysMakeItAskOnlySoOften() throws Exception {
    KeyStore store = store();
    int before = asked.get();
    nanos.addAndGet(KeyStore.MIN_PERIOD.toNanos() - 1);
    for (int i = 0; i < 100; i++) {
      assertThat(fails(store.refresh())).isTrue();
    }
    assertThat(asked).hasValue(before);
  }

  private static boolean fails(Future<?> future) {
    try {
      await(future);
      return false;
    } catch (ExecutionException e) {
      return true;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
