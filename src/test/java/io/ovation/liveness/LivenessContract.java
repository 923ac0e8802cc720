package io.ovation.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.config.Config;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.proto.QueueItem;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.LivenessSettings;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestOrigin.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What liveness promises, on every broker and store. */
abstract class LivenessContract {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Nobody else's objects: tests share servers. */
  private final long base = ThreadLocalRandom.current().nextLong(1L << 40) * 10_000;

  private TestOrigin origin = new TestOrigin();
  private LivenessFixture plant;
  private Api door;

  protected abstract LivenessFixture plant();

  @BeforeEach
  void open() {
    origin.atOnce();
    plant = plant();
    door = plant.door();
  }

  @AfterEach
  void close() {
    origin.release();
    plant.close();
    origin.close();
  }

  @Test
  void eachDistinctIdIsOneItem() {
    List<Long> ids = new ArrayList<>(ids(199));
    ids.addAll(ids(50));
    long before = plant.depth();
    assertThat(post(ids)).isEqualTo(200);
    assertThat(post(List.of())).isEqualTo(200);
    Await.until("199 items", LIMIT, () -> plant.depth() == before + 199);
    plant.start(settings().build());
    Await.until("all to be checked", LIMIT, () -> ids.stream().allMatch(origin::wasAsked));
    assertThat(ids(199)).allMatch(id -> origin.asked(id) == 1);
    assertThat(plant.count("ovation_liveness_accepted_total")).isEqualTo(199);
  }

  @Test
  void onlineIsKeptWithItsTimeAndOfflineIsNot() {
    origin.online(id -> id % 2 == 0);
    plant.start(settings().build());
    Instant begun = Instant.now();
    post(ids(10));
    List<Long> even = List.of(base, base + 2, base + 4, base + 6, base + 8);
    Await.until("those online to be seen", LIMIT, () -> shown().equals(even));
    Await.until("all to be checked", LIMIT, () -> ids(10).stream().allMatch(origin::wasAsked));
    Instant seen = door.get("/objects/" + base).json().getInstant("last_seen");
    assertThat(seen).isBetween(begun.minusMillis(1), Instant.now());
    assertThat(door.get("/objects/" + (base + 1)).status()).isEqualTo(404);
  }

  @Test
  void theOriginMayTakeItsTimeAndCallItsAnswerPlainText() {
    origin.after(Duration.ofMillis(4_300), Duration.ofMillis(4_300));
    plant.start(settings().timeout(Contention.allowedFor(Duration.ofSeconds(5))).build());
    post(ids(3));
    Await.until("all to be seen", LIMIT, () -> shown().size() == 3);
    assertThat(ids(3)).allMatch(id -> origin.asked(id) == 1);
  }

  @Test
  void asManyChecksAreInFlightAsConfiguredAndNoMore() {
    origin.hold();
    plant.start(settings().concurrency(7).build());
    post(ids(50));
    Await.until("seven checks", LIMIT, () -> origin.inFlight() == 7);
    assertThat(plant.count("ovation_liveness_running ")).isEqualTo(7);
    origin.release();
    Await.until("the rest", LIMIT, () -> shown().size() == 50);
    assertThat(origin.peak()).isEqualTo(7);
  }

  /** The answer that is under way may be from before they came. */
  @Test
  void itemsThatComeDuringACheckShareTheNextOne() {
    origin.hold();
    plant.start(settings().concurrency(2).build());
    post(ids(1));
    Await.until("the check", LIMIT, () -> origin.inFlight() == 1);
    post(ids(1));
    post(ids(1));
    post(ids(1));
    Await.until("them to share", LIMIT, () -> plant.count("ovation_liveness_shared_total") == 2);
    assertThat(origin.asked(base)).as("at a time").isEqualTo(1);
    origin.release();
    Await.until(
        "all four to be done", LIMIT, () -> plant.count("ovation_queue_handle_seconds_count") >= 4);
    assertThat(origin.asked(base)).isEqualTo(2);
  }

  @Test
  void itemsThatWaitForACheckShareIt() {
    origin.hold();
    plant.start(settings().concurrency(1).build());
    post(List.of(base + 1));
    Await.until("another's check", LIMIT, () -> origin.inFlight() == 1);
    post(ids(1));
    post(ids(1));
    Await.until("them to share", LIMIT, () -> plant.count("ovation_liveness_shared_total") == 1);
    origin.release();
    Await.until(
        "all three to be done",
        LIMIT,
        () -> plant.count("ovation_queue_handle_seconds_count") >= 3);
    assertThat(origin.asked(base)).isEqualTo(1);
  }

  @Test
  void anItemIsAckedOnlyAfterTheStoreTookIt() {
    Promise<Void> stored = Promise.promise();
    plant.start(settings().build(), slow(stored.future()));
    post(ids(1));
    Await.until("the check", LIMIT, () -> origin.wasAsked(base));
    Await.until("the write", LIMIT, () -> plant.count("ovation_liveness_running ") == 1);
    plant.stop();
    stored.complete();
    plant.start(settings().build());
    Await.until("another check", LIMIT, () -> origin.asked(base) == 2);
    Await.until("it to be seen", LIMIT, () -> shown().equals(List.of(base)));
  }

  @Test
  void anErrorComesBackAfterAPauseThatGrowsAndIsADeadLetterInTheEnd() {
    origin.reply(id -> id == base ? new Reply(404, "no such object") : null);
    plant.start(settings().build());
    plant.enqueue(base, 3);
    plant.enqueue(base + 1, 3);
    Await.until("the dead letter", LIMIT, () -> dead() != null);
    assertThat(origin.asked(base)).isEqualTo(3);
    assertThat(origin.asked(base + 1)).isEqualTo(1);
    List<Long> pauses = origin.pauses(base);
    assertThat(pauses.get(0)).isGreaterThanOrEqualTo(800);
    assertThat(pauses.get(1)).isGreaterThanOrEqualTo(1_600);
    assertThat(Objects.requireNonNull(dead()).reason()).contains("404");
  }

  @Test
  void whateverIsWrongWithAnAnswerIsAnErrorAndHarmsNobodyElse() {
    List<Reply> wrong =
        List.of(
            new Reply(500, "{}"),
            new Reply(302, ""),
            new Reply(200, ""),
            new Reply(200, "online"),
            new Reply(200, "[]"),
            new Reply(200, "{\"id\":" + (base + 5) + "}"),
            new Reply(200, "{\"id\":" + (base + 6) + ",\"online\":\"true\"}"),
            new Reply(200, "{\"id\":1,\"online\":true}"),
            new Reply(200, "{\"online\":true}"),
            new Reply(200, "{\"id\":" + (base + 9) + ",\"online\":true}" + " ".repeat(70_000)));
    origin.reply(id -> id < base + wrong.size() ? wrong.get((int) (id - base)) : null);
    plant.start(settings().build());
    for (int i = 0; i < wrong.size(); i++) {
      plant.enqueue(base + i, 1);
    }
    post(List.of(base + 100));
    Await.until("the good one", LIMIT, () -> shown().equals(List.of(base + 100)));
    Await.until(
        "the others to be given up",
        LIMIT,
        () -> plant.count("ovation_queue_given_up_total") == wrong.size());
    assertThat(checked("server_error")).isEqualTo(1);
    assertThat(checked("status")).isEqualTo(1);
    assertThat(checked("body")).isEqualTo(8);
  }

  @Test
  void anOriginThatDoesNotAnswerInTimeIsAnError() {
    origin.hold();
    plant.start(settings().timeout(Duration.ofMillis(200)).build());
    plant.enqueue(base, 1);
    Await.until("the end", LIMIT, () -> plant.count("ovation_queue_given_up_total") == 1);
    assertThat(checked("timeout")).isEqualTo(1);
  }

  @Test
  void anOriginThatIsDownIsLeftAloneAndCostsNoAttempts() {
    plant.start(settings().concurrency(10).breakerFailures(5).build());
    origin.down();
    for (long id : ids(100)) {
      plant.enqueue(id, 2);
    }
    Await.until("the breaker to open", LIMIT, () -> breakerOpen());
    Await.until(
        "ids to wait in the queue", LIMIT, () -> plant.count("ovation_liveness_running ") == 0);
    double tried = checked("connection");
    Await.pass(Duration.ofMillis(1_500));
    assertThat(breakerOpen()).isTrue();
    assertThat(checked("connection")).as("one per probe").isBetween(tried, tried + 5);
    origin.up();
    Await.until("all to be seen", LIMIT, () -> shown().size() == 100);
    assertThat(breakerOpen()).isFalse();
    assertThat(dead()).isNull();
  }

  @Test
  void objectsThatAlwaysFailEndAndStopNobodyElse() {
    origin.reply(id -> id < base + 10 ? new Reply(503, "") : null);
    plant.start(settings().breakerFailures(3).build());
    for (long id = base; id < base + 10; id++) {
      plant.enqueue(id, 2);
    }
    Await.until("the breaker to open", LIMIT, this::breakerOpen);
    List<Long> good = LongStream.range(base + 100, base + 110).boxed().toList();
    post(good);
    Await.until("the good ones to be seen", LIMIT, () -> shown().equals(good));
    Await.until(
        "the others to be given up",
        LIMIT.multipliedBy(2),
        () -> plant.count("ovation_queue_given_up_total") >= 10);
    List<Long> later = List.of(base + 200);
    post(later);
    Await.until("a later one to be seen", LIMIT, () -> shown().containsAll(later));
    Await.until("the breaker to close", LIMIT, () -> !breakerOpen());
    // Beside its attempts, a check that the breaker interrupts is not counted.
    assertThat(ids(10)).allMatch(id -> origin.asked(id) <= 10);
  }

  @Test
  void aStoreThatIsAwayPausesTheChecksToo() {
    AtomicBoolean away = new AtomicBoolean(true);
    plant.start(settings().concurrency(10).build(), away(away));
    for (long id : ids(50)) {
      plant.enqueue(id, 2);
    }
    Await.until("the breaker to open", LIMIT, this::breakerOpen);
    away.set(false);
    Await.until("all to be seen", LIMIT, () -> shown().size() == 50);
    assertThat(dead()).isNull();
  }

  @Test
  void anEntryVanishesByItsTimeToLiveThoughNobodyIsThere() {
    plant.start(settings().ttl(Duration.ofSeconds(1)).build());
    post(ids(3));
    Await.until("all to be checked", LIMIT, () -> ids(3).stream().allMatch(origin::wasAsked));
    plant.stop();
    Await.until("all to be gone", LIMIT, () -> shown().isEmpty());
    assertThat(door.get("/objects/" + base).status()).isEqualTo(404);

    plant.start(settings().ttl(Duration.ofHours(1)).build());
    post(ids(1));
    Await.until("it to be seen", LIMIT, () -> shown().size() == 1);
    assertThat(DispatchAndSupervise.await(plant.store.sightings().states(ids(1))).get(0))
        .isGreaterThan(Duration.ofMinutes(59).toMillis());
  }

  @Test
  void theSizeOfTheQueueIsShown() {
    origin.hold();
    plant.start(settings().concurrency(1).build());
    post(ids(199));
    Await.until(
        "what waits to be counted",
        LIMIT,
        () -> plant.count("ovation_queue_depth{queue=\"liveness\"}") > 100);
    assertThat(plant.count("ovation_liveness_partitions_owned ")).isEqualTo(4);
  }

  private static LivenessSettings settingsOf(TestOrigin origin) {
    return LivenessSettings.of(origin.uri());
  }

  private LivenessSettings settings() {
    return settingsOf(origin);
  }

  private List<Long> ids(int count) {
    return LongStream.range(base, base + count).boxed().toList();
  }

  private int post(List<Long> ids) {
    return door.post("/callback", LivenessFixture.body(ids)).status();
  }

  /** Of this test's objects. */
  private List<Long> shown() {
    return door
        .get("/objects?limit=1000&after=" + (base - 1))
        .json()
        .getJsonArray("objects")
        .stream()
        .map(object -> ((JsonObject) object).getLong("id"))
        .filter(this::isOurs)
        .toList();
  }

  private double checked(String outcome) {
    return plant.count("ovation_liveness_checks_total{outcome=\"" + outcome + "\"}");
  }

  private boolean breakerOpen() {
    return plant.count("ovation_liveness_breaker_open") > 0;
  }

  /** Of one of this test's objects; null if there is none. */
  private @Nullable DeadLetter dead() {
    return DispatchAndSupervise.await(plant.broker.deadLetters("liveness").list(null, 100))
        .letters()
        .stream()
        .filter(letter -> isOurs(object(letter)))
        .findFirst()
        .orElse(null);
  }

  private static long object(DeadLetter letter) {
    try {
      QueueItem item = QueueItem.parseFrom(letter.body());
      return CheckRequest.parseFrom(item.getPayload()).getObject();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private boolean isOurs(long id) {
    return base <= id && id < base + 10_000;
  }

  private Store slow(Future<Void> until) {
    return store((method, call) -> method.equals("see") ? until.compose(v -> call) : call);
  }

  private Store away(AtomicBoolean now) {
    return store(
        (method, call) ->
            now.get() ? Future.failedFuture(new StoreUnavailable("away by the test")) : call);
  }

  private interface Around {
    Future<?> call(String method, Future<?> call);
  }

  private Store store(Around around) {
    LastSeenIndex sightings = wrapped(LastSeenIndex.class, plant.store.sightings(), around);
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) ->
                method.getName().equals("sightings")
                    ? sightings
                    : around.call(
                        method.getName(), (Future<?>) method.invoke(plant.store, arguments)));
  }

  private static <T> T wrapped(Class<T> type, T real, Around around) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                around.call(method.getName(), (Future<?>) method.invoke(real, arguments))));
  }

  static Config.History history() {
    return new Config.History(10, 1 << 20, Duration.ofHours(1));
  }
}
