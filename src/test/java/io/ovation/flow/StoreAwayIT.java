package io.ovation.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.store.Store;
import io.ovation.store.redis.RedisStore;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.RecordingShard.Delivered;
import io.ovation.testkit.RecordingShard.Opened;
import io.ovation.testkit.RecordingShard.Replayed;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Viewers go on seeing comments while the store is slow, frozen or gone. */
class StoreAwayIT {
  @TempDir Path dir;
  private final RedisServer redis = new RedisServer();
  private Disk disk;
  private Store store;
  private DispatchAndSupervise core;
  private RecordingShard shard;

  @BeforeEach
  void start() {
    redis.start();
    Vertx vertx = Vertx.vertx();
    Metrics metrics = new Metrics();
    Config.Data data = new Config.Data(dir.toString(), 10_000);
    disk = new Disk(vertx, data, metrics);
    store =
        DispatchAndSupervise.await(
            RedisStore.connect(
                vertx,
                new Config.Redis(
                    redis.uri(), Duration.ofSeconds(2), 4, 1_000, Duration.ofMinutes(1)),
                new Config.History(1_000, 1 << 22, Duration.ofHours(1)),
                metrics,
                e -> {}));
    core = new DispatchAndSupervise(vertx, new EmbeddedBroker(vertx, disk, data, metrics), store);
    shard = new RecordingShard();
    core.subscriptions().subscribe("s1", shard);
    shard.await(s -> !s.all(Opened.class).isEmpty());
  }

  @AfterEach
  void stop() {
    core.close();
    disk.close();
    redis.close();
  }

  private long metric(String name) {
    return core.metrics()
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  /** History as a viewer that resumes receives it: ids, and holes. */
  private List<String> history(long after) {
    return DispatchAndSupervise.await(store.history(core.partition("s1"), "s1", after, 500))
        .entries()
        .stream()
        .map(kept -> kept.hole() ? "hole" : kept.id() + " " + kept.offset())
        .toList();
  }

  private List<String> delivered() {
    return shard.all(Delivered.class).stream().map(d -> d.id() + " " + d.offset()).toList();
  }

  @Test
  void aFrozenStoreStopsNobodyAndHistoryGetsWhatItMissedAtTheSameOffsets() {
    core.post("s1", "u", "before");
    shard.awaitDelivered(1);
    redis.pause();
    core.post("s1", "u", "during1");
    shard.await(s -> metric("ovation_dispatch_store_away") == 1);
    core.post("s1", "u", "during2");
    shard.awaitDelivered(3);
    redis.resume();
    shard.await(s -> metric("ovation_dispatch_store_away") == 0);
    core.post("s1", "u", "after");
    shard.awaitDelivered(4);
    assertThat(shard.ids()).containsExactly("before", "during1", "during2", "after");
    // The append of during1 was in Redis' socket and took effect late: what came before that is a
    // hole.
    assertThat(history(0))
        .contains(delivered().get(0), delivered().get(3))
        .filteredOn(entry -> !entry.equals("hole"))
        .doesNotHaveDuplicates()
        .isSubsetOf(delivered());
    assertThat(history(0)).hasSize(4);
  }

  @Test
  void aKilledStoreThatComesBackServesHistoryAgain() {
    core.post("s1", "u", "before");
    shard.awaitDelivered(1);
    redis.kill();
    for (int i = 0; i < 20; i++) {
      core.post("s1", "u", "during" + i);
    }
    shard.awaitDelivered(21);
    shard.await(s -> metric("ovation_dispatch_store_away") == 1);
    redis.restart();
    shard.await(s -> metric("ovation_dispatch_store_away") == 0);
    core.post("s1", "u", "after");
    shard.awaitDelivered(22);
    assertThat(shard.ids()).doesNotHaveDuplicates().hasSize(22);
    assertThat(history(0)).isEqualTo(delivered());

    long first = shard.all(Delivered.class).get(0).offset();
    RecordingShard again = new RecordingShard();
    core.subscriptions().subscribe("s1", again);
    again.await(s -> !s.all(Opened.class).isEmpty());
    core.subscriptions().requestReplay("s1", first, again, "viewer");
    again.await(s -> !s.all(Replayed.class).isEmpty());
    Replayed replayed = again.all(Replayed.class).get(0);
    assertThat(replayed.replay().gap()).isNull();
    assertThat(replayed.replay().holes()).isEmpty();
    assertThat(replayed.replay().events()).hasSize(21);
  }

  @Test
  void whatAnOwnerSentWithoutTheStoreIsWrittenByTheNextAtTheSameOffsets() {
    redis.pause();
    for (int i = 0; i < 100; i++) {
      core.post("s1", "u", "c" + i);
    }
    shard.awaitDelivered(100);
    core.replaceDispatcher();
    redis.resume();
    core.post("s1", "u", "after");
    shard.await(s -> s.ids().contains("after"));
    assertThat(shard.ids()).doesNotHaveDuplicates().hasSize(101);
    assertThat(history(0))
        .filteredOn(entry -> !entry.equals("hole"))
        .doesNotHaveDuplicates()
        .isSubsetOf(delivered());
    assertThat(history(0)).hasSize(101);
  }

  @Test
  void commentsSentTwiceWhileTheStoreIsAwayReachNobodyTwice() {
    redis.pause();
    core.post("s1", "u", "c0");
    core.post("s1", "u", "c0");
    core.post("s1", "u", "c1");
    shard.await(s -> s.ids().contains("c1"));
    core.post("s1", "u", "c0");
    core.post("s1", "u", "c2");
    shard.await(s -> s.ids().contains("c2"));
    assertThat(shard.ids()).containsExactly("c0", "c1", "c2");
    redis.resume();
  }
}
