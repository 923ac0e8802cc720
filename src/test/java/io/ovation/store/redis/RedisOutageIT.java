package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.failure;
import static io.ovation.store.StoreAssertions.item;
import static io.ovation.store.StoreAssertions.offsets;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.ovation.testkit.Contention;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Redis killed, frozen, restarted, never there. */
class RedisOutageIT {
  private static final Duration HOUR = Duration.ofHours(1);
  private final Vertx vertx = Vertx.vertx();
  private final RedisServer redis = new RedisServer();
  private final Metrics metrics = new Metrics();
  private final AtomicReference<Throwable> gaveUp = new AtomicReference<>();

  @AfterEach
  void close() {
    await(vertx.close());
    redis.close();
  }

  private Future<Store> connect(String uri, Duration timeout, Duration limit) {
    return connect(new Config.Redis(uri, timeout, 4, 100, limit));
  }

  private Future<Store> connect(Config.Redis config) {
    return RedisStore.connect(
        vertx, config, new Config.History(1_000, 1 << 22, HOUR), metrics, gaveUp::set);
  }

  private Store connect(Duration timeout) {
    return await(connect(redis.uri(), timeout, Duration.ofMinutes(1)));
  }

  @Test
  void whatWasAnsweredSurvivesAKillOfRedis() {
    Store store = connect(Duration.ofSeconds(5));
    long epoch = await(store.takePartition(3));
    for (int i = 1; i <= 50; i++) {
      await(store.append(3, epoch, List.of(item("s", "u", "id" + i, i))));
    }
    await(store.compareAndSet("r", 0, "v", HOUR));

    redis.restart();

    assertThat(await(store.history(3, "s", 0, 100)).entries()).hasSize(50);
    assertThat(await(store.lastOffset(3, "s"))).isEqualTo(50);
    assertThat(await(store.read("r"))).contains(new Store.Versioned(1, "v"));
    assertThat(await(store.append(3, epoch, List.of(item("s", "u", "id7", 99)))))
        .containsExactly(new Store.Appended(7, 6, true));
    assertThat(await(store.takePartition(3))).isGreaterThan(epoch);
  }

  @Test
  void aShortRestartIsWaitedForWithinTheTimeout() {
    Store store = connect(Duration.ofSeconds(10));
    redis.kill();
    Future<Void> lost = store.ping();
    eventually(() -> metrics.scrape().contains("ovation_store_away 1.0"));
    Future<Long> epoch = store.takePartition(3);
    redis.start();
    assertThat(await(epoch)).isPositive();
    eventually(lost::isComplete);
  }

  @Test
  void everyCallFailsWithinItsTimeWhileRedisIsGone() {
    Store store = connect(Duration.ofMillis(300));
    redis.kill();
    long start = System.nanoTime();
    for (int i = 0; i < 3; i++) {
      assertThat(failure(store.takePartition(3))).isInstanceOf(StoreUnavailable.class);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isLessThan(Contention.allowedFor(Duration.ofSeconds(5)));
    redis.start();
    eventually(() -> answers(store));
  }

  @Test
  void aFrozenRedisIsUsedAgainWhenItGoesOn() {
    Store store = connect(Duration.ofMillis(300));
    long epoch = await(store.takePartition(3));
    await(store.append(3, epoch, List.of(item("s", "u", "1", 1))));

    redis.pause();
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 2; i < 50; i++) {
      calls.add(store.append(3, epoch, List.of(item("s", "u", "id" + i, i))));
    }
    calls.forEach(call -> assertThat(failure(call)).isInstanceOf(StoreUnavailable.class));
    redis.resume();

    eventually(() -> answers(store));
    assertThat(offsets(await(store.append(3, epoch, List.of(item("s", "u", "last", 1_000))))))
        .containsExactly(1_000L);
  }

  @Test
  void aRedisFrozenForLongAndThenKilledIsUsedAgainAfterItsRestart() {
    Store store = connect(Duration.ofMillis(200));
    redis.pause();
    for (int i = 0; i < 10; i++) {
      assertThat(failure(store.setOnce("k", "v"))).isInstanceOf(StoreUnavailable.class);
    }
    redis.restart();
    eventually(() -> answers(store));
    assertThat(await(store.setOnce("k", "w"))).isNotEmpty();
  }

  @Test
  void whatTimedOutBeforeItWasSentIsNeverDone() {
    Store store = connect(Duration.ofMillis(300));
    redis.pause();
    failure(store.ping()); // From here on Redis is known to be away, and calls wait unsent.
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      calls.add(store.compareAndSet("k", 0, "sent", HOUR));
    }
    calls.forEach(call -> assertThat(failure(call)).hasMessageContaining("nothing was sent"));
    redis.resume();
    eventually(() -> answers(store));
    assertThat(await(store.read("k"))).isEmpty();
  }

  @Test
  void lookUpsKeepNeitherAppendsNorPingsFromBeingSent() {
    Duration patience = Duration.ofSeconds(20);
    Store store = await(connect(new Config.Redis(redis.uri(), patience, 1, 100, patience)));
    long epoch = await(store.takePartition(3));
    redis.pause();
    List<Future<?>> lookUps = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      lookUps.add(store.lastOffset(3, "s" + i));
    }
    List<Boolean> before = new ArrayList<>();
    Future<?> append =
        store
            .append(3, epoch, List.of(item("s", "u", "1", 1)))
            .onSuccess(done -> before.add(lookUps.get(74).isComplete()));
    Future<Void> ping = store.ping();
    eventually(() -> lookUps.stream().filter(Future::failed).count() == 75);
    redis.resume();
    await(append);
    await(ping);
    assertThat(before).containsExactly(false);
    await(Future.join(lookUps.subList(0, 75)));
  }

  @Test
  void noMoreThanTheConfiguredNumberOfCallsWaits() {
    Store store = connect(Duration.ofMillis(500));
    redis.pause();
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      calls.add(store.read("k"));
    }
    long refused =
        calls.stream().filter(call -> failure(call).toString().contains("redis.in_flight")).count();
    assertThat(refused).isEqualTo(75); // A quarter of 100 is reserved.
    redis.resume();
    eventually(() -> answers(store));
    assertThat(metrics.scrape()).contains("ovation_store_waiting 0.0");
  }

  @Test
  void itSaysWhyItCouldNotStart() {
    String uri = "redis://:secret@127.0.0.1:" + Ports.free();
    Throwable failure = failure(connect(uri, Duration.ofMillis(200), Duration.ofMillis(700)));
    assertThat(failure)
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageContaining("redis.reconnect_limit")
        .hasMessageContaining("Connection refused")
        .hasMessageNotContaining("secret");
  }

  @Test
  void itStartsBeforeRedisDoes() {
    redis.kill();
    Future<Store> store = connect(redis.uri(), Duration.ofSeconds(5), Duration.ofMinutes(1));
    redis.start();
    await(await(store).ping());
  }

  @Test
  void itGivesUpWhenRedisStaysAwayForTooLong() {
    Store store = await(connect(redis.uri(), Duration.ofMillis(200), Duration.ofMillis(700)));
    redis.kill();
    failure(store.ping());
    eventually(() -> gaveUp.get() != null);
    assertThat(gaveUp.get()).hasMessageContaining("could not be reached");
  }

  private static boolean answers(Store store) {
    try {
      await(store.ping());
      return true;
    } catch (StoreUnavailable e) {
      return false;
    }
  }
}
