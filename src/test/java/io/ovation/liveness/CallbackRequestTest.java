package io.ovation.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.AccessControl;
import io.ovation.config.Config;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.LivenessSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bad callback is a problem that names the field, and none of it is queued. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CallbackRequestTest {
  private static final String PATH = "/callback";
  private static final int BODY_LIMIT = 64 * 1024;

  private final Vertx vertx = Vertx.vertx();
  private final List<Long> queued = new CopyOnWriteArrayList<>();
  private final int port = Ports.free();

  @BeforeAll
  void start() {
    CallbackService intake =
        new CallbackService(
            vertx,
            object -> {
              queued.add(object);
              return Future.succeededFuture();
            },
            LivenessSettings.of("").build(),
            false,
            new Metrics());
    LastSeenIndex none =
        (LastSeenIndex)
            Proxy.newProxyInstance(
                LastSeenIndex.class.getClassLoader(),
                new Class<?>[] {LastSeenIndex.class},
                (proxy, method, arguments) -> Future.succeededFuture(java.util.Optional.empty()));
    Config.Http http = HttpSettings.of(port, BODY_LIMIT).build();
    HttpServers front = new HttpServers(vertx, http, BODY_LIMIT, new Metrics());
    front.mount(new LivenessRoutes(intake, none, AccessControl.onTrust()));
    DispatchAndSupervise.await(front.listen());
  }

  @AfterAll
  void stop() {
    DispatchAndSupervise.await(vertx.close());
  }

  @BeforeEach
  void forget() {
    queued.clear();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json | body",
        "[1,2] | body",
        "'' | body",
        "{} | object_ids",
        "{\"object_ids\":null} | object_ids",
        "{\"object_ids\":7} | object_ids",
        "{\"object_ids\":\"1,2\"} | object_ids",
        "{\"object_ids\":{\"0\":1}} | object_ids",
        "{\"object_ids\":[1,null]} | object_ids[1]",
        "{\"object_ids\":[\"1\"]} | object_ids[0]",
        "{\"object_ids\":[1,2,3.0]} | object_ids[2]",
        "{\"object_ids\":[1e3]} | object_ids[0]",
        "{\"object_ids\":[true]} | object_ids[0]",
        "{\"object_ids\":[[1]]} | object_ids[0]",
        "{\"object_ids\":[9223372036854775808]} | object_ids[0]",
        "{\"object_ids\":[-9223372036854775809]} | object_ids[0]",
        "{\"object_ids\":[1],\"object_ids\":[2]} | object_ids",
        "{\"object_ids\":[1 | body"
      })
  void aBadBodyIsRefusedByItsField(String body, String field) {
    assertInvalid(RawHttp.post(port, PATH, body), field);
    assertThat(queued).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 199, 1_000})
  void listsOfAnyLengthAreTaken(int count) {
    assertThat(RawHttp.post(port, PATH, ids(0, count)).status()).isEqualTo(200);
    assertThat(queued).hasSize(count);
  }

  @Test
  void duplicatesAreOneAndOtherFieldsAreIgnored() {
    String body = "{\"object_ids\":[3,1,3,3,-1,1],\"sent_by\":\"x\"}";
    assertThat(RawHttp.post(port, PATH, body).status()).isEqualTo(200);
    assertThat(queued).containsExactly(3L, 1L, -1L);
  }

  @Test
  void idsReachToBothEndsOf64Bits() {
    String body = "{\"object_ids\":[9223372036854775807,-9223372036854775808]}";
    assertThat(RawHttp.post(port, PATH, body).status()).isEqualTo(200);
    assertThat(queued).containsExactly(Long.MAX_VALUE, Long.MIN_VALUE);
  }

  @Test
  void moreThanAThousandAreRefused() {
    Answer answer = RawHttp.post(port, PATH, ids(0, 1_001));
    assertInvalid(answer, "object_ids");
    assertThat(answer.json().getString("detail")).contains("1001", "1000");
    String large = "{\"object_ids\":[" + "1,".repeat(BODY_LIMIT) + "1]}";
    assertThat(RawHttp.post(port, PATH, large).status()).isEqualTo(413);
    assertThat(queued).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE"})
  void aWrongMethodIsToldTheRightOne(String method) {
    Answer answer = RawHttp.send(port, method, PATH, "", new byte[0]);
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.headers()).containsEntry("allow", "POST");
  }

  @ParameterizedTest
  @CsvSource({
    "/objects?limit=0, limit", "/objects?limit=1001, limit", "/objects?limit=ten, limit",
    "/objects?after=x, after", "/objects?after=1.5, after", "/objects?after=, after",
    "/objects?after=9223372036854775808, after", "/objects/x, id", "/objects/1.0, id",
    "/objects/+1, id", "/objects/9223372036854775808, id"
  })
  void aBadQuestionIsRefusedByItsParameter(String path, String field) {
    assertInvalid(RawHttp.get(port, path), field);
  }

  private static String ids(int from, int to) {
    return LongStream.range(from, to)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(",", "{\"object_ids\":[", "]}"));
  }

  private static void assertInvalid(Answer answer, String field) {
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(400);
    assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(answer.json().getString("field")).isEqualTo(field);
    assertThat(answer.json().getString("detail")).startsWith(field + ": ");
  }
}
