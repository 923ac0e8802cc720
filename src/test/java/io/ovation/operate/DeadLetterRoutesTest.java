package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.http.HttpServers;
import io.ovation.http.WebFiles;
import io.ovation.ingress.OpenApiContract;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.CollectingHandler;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.queue.proto.QueueItem;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator does with dead letters by HTTP, as openapi.yaml has it. */
@SuppressWarnings("NullAway.Init") // start comes first.
class DeadLetterRoutesTest {
  private static final QueueName QUEUE = new QueueName("jobs", Lane.HIGH, 1);
  private static final String LIST = "/queue/dead-letters";
  private static final String ONE = LIST + "/{queue}/{id}";
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final QueueItem ITEM =
      QueueItem.newBuilder()
          .setService("shop.Jobs")
          .setMethod("Resize")
          .setId("i-1")
          .setKey("k")
          .setPayload(com.google.protobuf.ByteString.copyFromUtf8("hello"))
          .setCreatedAtMs(1_000)
          .setAttempt(4)
          .setNotBeforeMs(5)
          .putHeaders("color", "red")
          .build();

  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final int port = Ports.free();
  private Disk disk;
  private Broker broker;
  private OpenApiContract contract;

  @BeforeEach
  void start(@TempDir Path dir) {
    Config.Data data = new Config.Data(dir.toString(), 1_000);
    disk = new Disk(vertx, data, metrics);
    broker = new EmbeddedBroker(vertx, disk, data, metrics);
    FutureResult.of(broker.declare("jobs", Set.of(Lane.HIGH), 2));
    HttpServers front =
        new HttpServers(
            vertx,
            HttpSettings.of(port, 1_000).idleTimeout(Duration.ofSeconds(5)).build(),
            1_000,
            new Metrics());
    FutureResult.of(front.mount(new WebFiles()));
    FutureResult.of(front.mount(new DeadLetterRoutes(broker, InstantSource.fixed(NOW))));
    FutureResult.of(front.listen());
    contract = new OpenApiContract(RawHttp.get(port, "/openapi.yaml").body());
  }

  @AfterEach
  void stop() {
    FutureResult.of(broker.close());
    disk.close();
    FutureResult.of(vertx.close());
  }

  /** Puts these into the queue and gives them up, in order. */
  private void bury(List<byte[]> bodies) {
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker, QUEUE, bodies.size());
    bodies.forEach(body -> FutureResult.of(broker.publish(QUEUE, body)));
    consumer.await(bodies.size());
    for (int i = 0; i < bodies.size(); i++) {
      FutureResult.of(
          subscription.deadLetter(
              consumer.deliveries().get(i),
              new FailureDetails("reason " + i, "at Here", 3, 1_000)));
    }
    FutureResult.of(subscription.close());
  }

  private Answer get(String template, String path) {
    return send("GET", template, path);
  }

  private Answer send(String method, String template, String path) {
    Answer answer = RawHttp.send(port, method, path, "", new byte[0]);
    String name = method + " " + template + " " + answer.status();
    assertThat(contract.answers()).contains(name);
    var documented = contract.answer(method, template, answer.status());
    assertThat(answer.headers().get("content-type")).isEqualTo(documented.getKey());
    return answer;
  }

  @Test
  void letterShowsItsItemItsReasonAndItsTimes() {
    bury(List.of(ITEM.toByteArray()));

    JsonObject page = get(LIST, LIST + "?queue=jobs").json();
    JsonObject letter = page.getJsonArray("letters").getJsonObject(0);

    assertThat(page.getLong("total")).isEqualTo(1);
    assertThat(page.getString("next")).isNull();
    assertThat(letter.getString("service")).isEqualTo("shop.Jobs");
    assertThat(letter.getString("method")).isEqualTo("Resize");
    assertThat(letter.getString("item_id")).isEqualTo("i-1");
    assertThat(letter.getString("key")).isEqualTo("k");
    assertThat(letter.getString("lane")).isEqualTo("high");
    assertThat(letter.getInteger("partition")).isEqualTo(1);
    assertThat(letter.getString("reason")).isEqualTo("reason 0");
    assertThat(letter.getString("stack")).isEqualTo("at Here");
    assertThat(letter.getInteger("attempts")).isEqualTo(3);
    assertThat(letter.getString("first_at")).isEqualTo("1970-01-01T00:00:01.000Z");
    assertThat(Instant.parse(letter.getString("last_at"))).isBefore(Instant.now().plusSeconds(1));
    assertThat(letter.getJsonObject("headers").getString("color")).isEqualTo("red");
    assertThat(Base64.getDecoder().decode(letter.getString("payload")))
        .isEqualTo("hello".getBytes());
    assertThat(get(ONE, LIST + "/jobs/" + letter.getString("id")).json()).isEqualTo(letter);
    var schema = contract.answer("GET", ONE, 200).getValue();
    assertThat(OpenApiContract.fault(schema, letter)).isNull();
  }

  @Test
  void corruptItemIsShownAsItsBytes() {
    bury(List.of(new byte[] {1, 2, 3}));

    JsonObject letter =
        get(LIST, LIST + "?queue=jobs").json().getJsonArray("letters").getJsonObject(0);

    assertThat(letter.getValue("service")).isNull();
    assertThat(letter.getString("payload")).isEqualTo("AQID");
  }

  @Test
  void longPayloadIsLeftOutOfTheListOnly() {
    byte[] bytes = new byte[20_000];
    QueueItem big =
        ITEM.toBuilder().setPayload(com.google.protobuf.ByteString.copyFrom(bytes)).build();
    bury(List.of(big.toByteArray()));

    JsonObject letter =
        get(LIST, LIST + "?queue=jobs").json().getJsonArray("letters").getJsonObject(0);

    assertThat(letter.getValue("payload")).isNull();
    assertThat(letter.getInteger("payload_bytes")).isEqualTo(20_000);
    JsonObject whole = get(ONE, LIST + "/jobs/" + letter.getString("id")).json();
    assertThat(Base64.getDecoder().decode(whole.getString("payload"))).isEqualTo(bytes);
  }

  @Test
  void pagesFollowOneAnother() {
    bury(List.of(new byte[1], new byte[2], new byte[3], new byte[4], new byte[5]));

    JsonObject first = get(LIST, LIST + "?queue=jobs&limit=3").json();
    JsonObject second =
        get(LIST, LIST + "?queue=jobs&limit=3&after=" + first.getString("next")).json();

    assertThat(reasons(first)).containsExactly("reason 0", "reason 1", "reason 2");
    assertThat(reasons(second)).containsExactly("reason 3", "reason 4");
    assertThat(second.getString("next")).isNull();
    assertThat(metrics.scrape()).contains("ovation_queue_dead_letters{queue=\"jobs\"} 5");
  }

  private static List<String> reasons(JsonObject page) {
    return page.getJsonArray("letters").stream()
        .map(letter -> ((JsonObject) letter).getString("reason"))
        .toList();
  }

  @Test
  void letterSentBackComesAgainAsIfNew() throws Exception {
    bury(List.of(ITEM.toByteArray()));
    String path = LIST + "/jobs/" + only() + "/send-back";

    Answer answer = send("POST", ONE + "/send-back", path);

    assertThat(answer.json().getString("status")).isEqualTo("sent back");
    CollectingHandler consumer = new CollectingHandler(true);
    consumer.on(broker, QUEUE, 1);
    QueueItem again = QueueItem.parseFrom(consumer.await(1).get(0).body());
    assertThat(again)
        .isEqualTo(
            ITEM.toBuilder()
                .setAttempt(0)
                .setNotBeforeMs(0)
                .setCreatedAtMs(NOW.toEpochMilli())
                .build());
    assertThat(send("POST", ONE + "/send-back", path).status()).isEqualTo(404);
  }

  private String only() {
    return get(LIST, LIST + "?queue=jobs")
        .json()
        .getJsonArray("letters")
        .getJsonObject(0)
        .getString("id");
  }

  @Test
  void purgeTakesOneOrAllAndSaysHowMany() {
    bury(List.of(new byte[1], new byte[2], new byte[3]));
    String one = LIST + "/jobs/" + only();

    assertThat(send("DELETE", ONE, one).json().getInteger("purged")).isEqualTo(1);
    assertThat(send("DELETE", ONE, one).status()).isEqualTo(404);
    assertThat(get(ONE, one).status()).isEqualTo(404);
    Answer all = send("DELETE", LIST + "/{queue}", LIST + "/jobs");
    assertThat(all.json().getInteger("purged")).isEqualTo(2);
    assertThat(get(LIST, LIST + "?queue=jobs").json().getJsonArray("letters")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'', queue",
    "?queue=, queue",
    "?queue=jobs&limit=0, limit",
    "?queue=jobs&limit=101, limit",
    "?queue=jobs&limit=-1, limit",
    "?queue=jobs&limit=many, limit",
    "?queue=jobs&limit=99999999999, limit",
    "?queue=jobs&limit=, limit",
    "?queue=%zz, query",
  })
  void badQueryIsRefusedWithTheParameter(String query, String field) {
    Answer answer = get(LIST, LIST + query);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo(field);
    Answer after = get(LIST, LIST + "?queue=jobs&after=" + "x".repeat(129));
    assertThat(after.json().getString("field")).isEqualTo("after");
  }

  @Test
  void unknownQueueIsNotFoundAndTheKnownOnesAreNamed() {
    assertThat(get(LIST, LIST + "?queue=nobody").json().getString("detail")).contains("[jobs]");
    assertThat(get(ONE, LIST + "/nobody/1").status()).isEqualTo(404);
    assertThat(send("DELETE", LIST + "/{queue}", LIST + "/nobody").status()).isEqualTo(404);
  }

  @Test
  void letterOfAQueueThatIsGoneConflicts() throws Exception {
    FutureResult.of(broker.declare("jobs", Set.of(Lane.HIGH), 3));
    QueueName third = new QueueName("jobs", Lane.HIGH, 2);
    CollectingHandler consumer = new CollectingHandler(false);
    Subscription subscription = consumer.on(broker, third, 1);
    FutureResult.of(broker.publish(third, new byte[1]));
    FutureResult.of(subscription.deadLetter(consumer.await(1).get(0), "why"));
    FutureResult.of(broker.close());
    // After a restart with fewer partitions.
    broker = new EmbeddedBroker(vertx, disk, new Config.Data("unused", 1_000), new Metrics());
    FutureResult.of(broker.declare("jobs", Set.of(Lane.HIGH), 2));
    int other = Ports.free();
    HttpServers front =
        new HttpServers(
            vertx,
            HttpSettings.of(other, 1_000).idleTimeout(Duration.ofSeconds(5)).build(),
            1_000,
            new Metrics());
    FutureResult.of(front.mount(new DeadLetterRoutes(broker, InstantSource.fixed(NOW))));
    FutureResult.of(front.listen());

    Answer answer = RawHttp.send(other, "POST", LIST + "/jobs/1/send-back", "", new byte[0]);

    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.json().getString("detail")).contains("not declared");
  }

  @Test
  void brokerThatIsAwayIsUnavailable() {
    bury(List.of(new byte[1]));
    String one = LIST + "/jobs/1";
    disk.close();

    for (Answer answer :
        List.of(
            get(LIST, LIST + "?queue=jobs"),
            get(ONE, one),
            send("POST", ONE + "/send-back", one + "/send-back"),
            send("DELETE", ONE, one),
            send("DELETE", LIST + "/{queue}", LIST + "/jobs"))) {
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.headers()).containsKey("retry-after");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LIST, LIST + "?queue=jobs", LIST + "/jobs/x", LIST + "/nowhere/x"})
  void headAnswersAsGetDoes(String path) {
    Answer get = RawHttp.get(port, path);
    Answer head = RawHttp.send(port, "HEAD", path, "", new byte[0]);
    assertThat(head.status()).isEqualTo(get.status());
    assertThat(head.headers().get("content-type")).isEqualTo(get.headers().get("content-type"));
    String allowed = RawHttp.send(port, "PATCH", path, "", new byte[0]).headers().get("allow");
    assertThat(allowed).contains("GET", "HEAD");
  }
}
