package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.failure;
import static io.ovation.store.StoreAssertions.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.ovation.testkit.RedisSentinels;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fail-over by Sentinel while events are appended. */
class RedisSentinelIT {
  private static final Duration BOUND = Duration.ofSeconds(10);
  private final Vertx vertx = Vertx.vertx();
  private final RedisSentinels sentinels = new RedisSentinels();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicInteger appended = new AtomicInteger();
  private final AtomicLong last = new AtomicLong();
  private final AtomicBoolean wentBack = new AtomicBoolean();
  private Store store;
  private long epoch;

  @BeforeEach
  void load() {
    store =
        await(
            RedisStore.connect(
                vertx,
                new Config.Redis(
                    sentinels.uri(), Duration.ofSeconds(1), 4, 1_000, Duration.ofMinutes(1)),
                new Config.History(1_000, 1 << 22, Duration.ofHours(1)),
                new Metrics(),
                failure -> {}));
    epoch = await(store.takePartition(3));
    append(0);
    eventually(() -> appended.get() > 10);
  }

  /** One after the other, as fast as the store answers; a failed one is appended again. */
  private void append(int number) {
    if (stopped.get()) {
      return;
    }
    store
        .append(3, epoch, List.of(item("s", "u", "id" + number, 0)))
        .onSuccess(
            answers -> {
              wentBack.compareAndSet(false, answers.get(0).offset() <= last.get());
              last.set(answers.get(0).offset());
              appended.incrementAndGet();
              append(number + 1);
            })
        .onFailure(e -> vertx.setTimer(20, t -> append(number)));
  }

  @AfterEach
  void close() {
    stopped.set(true);
    await(store.close());
    await(vertx.close());
    sentinels.close();
  }

  @Test
  void aKilledPrimaryIsReplacedUnderLoad() {
    assertHeals(() -> sentinels.firstPrimary().kill());
  }

  @Test
  void aFrozenPrimaryIsReplacedUnderLoad() {
    assertHeals(() -> sentinels.firstPrimary().pause());
  }

  private void assertHeals(Runnable fault) {
    int before = sentinels.primaryPort();
    fault.run();
    long start = System.nanoTime();
    eventually(() -> sentinels.primaryPort() != before);
    int at = appended.get();
    eventually(() -> appended.get() > at + 10);
    Duration healed = Duration.ofNanos(System.nanoTime() - start);
    assertThat(healed).isLessThan(BOUND);
    assertThat(wentBack).isFalse();
  }

  @Test
  void aRedisWithoutThatNameIsNotReached() {
    String uri = sentinels.uri().replace("mymaster", "nobody");
    Config.Redis config =
        new Config.Redis(uri, Duration.ofMillis(200), 4, 100, Duration.ofMillis(700));
    Throwable failure =
        failure(
            RedisStore.connect(
                vertx, config, new Config.History(10, 1 << 22, BOUND), new Metrics(), cause -> {}));
    assertThat(failure).hasMessageContaining("knows no primary nobody");
  }
}
