package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;
import static io.ovation.store.StoreAssertions.eventually;
import static io.ovation.store.StoreAssertions.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.GoldenRecords;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.Store;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the store leaves in Redis, and for how long. */
class RedisKeysIT {
  private static final long MINUTE = 60_000;
  private final Vertx vertx = Vertx.vertx();
  private final RedisServer redis = new RedisServer();
  private Store store;
  private long epoch;

  @BeforeEach
  void fill() {
    store =
        await(
            RedisStore.connect(
                vertx,
                new Config.Redis(redis.uri(), Duration.ofSeconds(5), 2, 100, Duration.ofSeconds(5)),
                new Config.History(100, 1 << 22, Duration.ofHours(1)),
                new Metrics(),
                failure -> {}));
    epoch = await(store.takePartition(3));
    await(store.append(3, epoch, List.of(item("s:1", "a/ü", "x/y", 7))));
    await(store.appendHole(3, epoch, "s:1", 8, 9));
    Store.Reactions reactions =
        new Store.Reactions("node", 5_000, Map.of("s:1", Map.of("like", 3L)));
    await(store.addReactions(3, epoch, List.of(reactions), Duration.ofDays(2)));
    await(store.compareAndSet("record", 0, "v", Duration.ofDays(1)));
    await(store.setOnce("fact", "v"));
    await(
        store.sightings().see(List.of(new LastSeenIndex.Sighting(-7, 1)), Duration.ofSeconds(30)));
  }

  @AfterEach
  void close() {
    await(store.close());
    redis.close();
    await(vertx.close());
  }

  @Test
  void theNamesAreTheDocumentedOnes() {
    List<String> keys = new ArrayList<>();
    RedisProbe.command(vertx, redis, "KEYS", "*").forEach(key -> keys.add(key.toString()));
    assertThat(keys)
        .containsExactlyInAnyOrder(
            "ov:{p3}:epoch",
            "ov:{p3}:s:s:1",
            "ov:{p3}:h:s:1",
            "ov:{p3}:g:s:1",
            "ov:{p3}:i:s:1/4/a/ü/x/y",
            "ov:{p3}:r:s:1",
            "ov:{p3}:n:1:node",
            "ov:v:record",
            "ov:f:fact",
            "ov:{live}:o:-7",
            "ov:{live}:expiry",
            "ov:{live}:ids",
            "ov:{live}:heard");
  }

  @Test
  void eachLivesAsLongAsPromised() {
    assertThat(ttl("ov:{p3}:i:s:1/4/a/ü/x/y")).isBetween(9 * MINUTE, 10 * MINUTE);
    assertThat(ttl("ov:{p3}:h:s:1")).isBetween(59 * MINUTE, 60 * MINUTE);
    assertThat(ttl("ov:{p3}:g:s:1")).isBetween(59 * MINUTE, 60 * MINUTE);
    assertThat(ttl("ov:{p3}:s:s:1")).isBetween(7 * 1440 * MINUTE - MINUTE, 7 * 1440 * MINUTE);
    assertThat(ttl("ov:{p3}:r:s:1")).isBetween(2879 * MINUTE, 2880 * MINUTE);
    assertThat(ttl("ov:{p3}:n:1:node")).isBetween(9 * MINUTE, 10 * MINUTE);
    assertThat(ttl("ov:v:record")).isBetween(1439 * MINUTE, 1440 * MINUTE);
    assertThat(ttl("ov:{live}:o:-7")).isBetween(MINUTE / 4, MINUTE / 2);
    assertThat(ttl("ov:{live}:expiry")).isBetween(MINUTE / 4, MINUTE / 2 + 1_000);
    assertThat(ttl("ov:{live}:ids")).isBetween(MINUTE / 4, MINUTE / 2 + 1_000);
    assertThat(ttl("ov:{live}:heard")).isBetween(1439 * MINUTE, 1440 * MINUTE);
    assertThat(ttl("ov:{p3}:epoch")).isEqualTo(-1);
    assertThat(ttl("ov:f:fact")).isEqualTo(-1);
  }

  @Test
  void aLastSeenKeyExpiresWithoutAnyCallOfTheStore() {
    List<LastSeenIndex.Sighting> seen = List.of(new LastSeenIndex.Sighting(5, 1));
    await(store.sightings().see(seen, Duration.ofMillis(200)));
    assertThat(ttl("ov:{live}:o:5")).isLessThanOrEqualTo(200);
    eventually(() -> RedisProbe.command(vertx, redis, "EXISTS", "ov:{live}:o:5").toInteger() == 0);
    assertThat(ttl("ov:{live}:o:-7")).isPositive();
  }

  @Test
  void expiredSightingsTakeNoRoom() {
    LastSeenIndex sightings = store.sightings();
    for (int i = 0; i < 20; i++) {
      long from = i * 100L;
      await(
          sightings.see(
              LongStream.range(from, from + 100)
                  .mapToObj(id -> new LastSeenIndex.Sighting(id, 1))
                  .toList(),
              Duration.ofMillis(1)));
    }
    // Writes removed the expired ones, but for the last few.
    assertThat(RedisProbe.command(vertx, redis, "ZCARD", "ov:{live}:expiry").toLong())
        .isLessThan(500);
    assertThat(RedisProbe.command(vertx, redis, "ZCARD", "ov:{live}:ids").toLong()).isLessThan(500);
    assertThat(await(sightings.page(null, 10)).sightings())
        .extracting(LastSeenIndex.Sighting::id)
        .containsExactly(-7L);
    assertThat(RedisProbe.command(vertx, redis, "ZCARD", "ov:{live}:ids").toLong()).isEqualTo(1);
  }

  @Test
  void aRedisThatForgotItsScriptsIsGivenThemAgain() {
    RedisProbe.command(vertx, redis, "SCRIPT", "FLUSH");
    assertThat(await(store.lastOffset(3, "s:1"))).isEqualTo(9);
    assertThat(await(store.append(3, epoch, List.of(item("s:1", "a", "b", 1)))).get(0).offset())
        .isEqualTo(10);
  }

  @Test
  void offsetsGoOnFromHistoryWhenTheStateWasEvicted() {
    await(store.append(3, epoch, List.of(item("s:1", "a", "b", 100))));
    RedisProbe.command(vertx, redis, "DEL", "ov:{p3}:s:s:1");
    assertThat(await(store.append(3, epoch, List.of(item("s:1", "a", "c", 1)))).get(0).offset())
        .isEqualTo(101);
  }

  @Test
  void theKeysOfEarlierVersionsAreUnderstood() throws IOException {
    for (Path version : GoldenRecords.versions()) {
      RedisProbe.command(vertx, redis, "FLUSHALL");
      List<String> keys = Files.readAllLines(version.resolve(GoldenRecords.REDIS));
      RedisDump.restore(vertx, redis, keys);
      List<String> expected = Files.readAllLines(version.resolve(GoldenRecords.READ));
      assertThat(GoldenRecords.read(store))
          .as(version.toString())
          .isEqualTo(expected.subList(1, expected.size()));
    }
  }

  private long ttl(String key) {
    return RedisProbe.command(vertx, redis, "PTTL", key).toLong();
  }
}
