package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.LastSeenIndex.Sighting;
import io.ovation.store.Store;
import io.ovation.store.redis.RedisStore;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.LiveHeap;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RedisServer;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A hundred thousand live keys on a real Redis. {@code -Dliveness.minutes=1} for more questions,
 * and the bounds of a measurement on a quiet machine.
 */
@ExtendWith(ShowLogs.class)
class LivenessPagesIT {
  private static final boolean MEASURE = Integer.getInteger("liveness.minutes", 0) > 0;
  private static final int KEYS = 100_000;
  private static final int QUESTIONS = MEASURE ? 20_000 : 500;
  private static final int WARM_UP = 200;
  private static final Duration TTL = Duration.ofSeconds(MEASURE ? 60 : 30);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void aPageOfAHundredThousandIsQuickAndAllExpireWhenTheyAreDue() {
    Vertx vertx = Vertx.vertx();
    try (RedisServer redis = new RedisServer();
        NodeProcess node =
            NodeProcess.start(NodeSpec.named("pages").env("OVATION_REDIS_URI", redis.uri()))
                .awaitReady()) {
      Store store = DispatchAndSupervise.await(connect(vertx, redis));
      page(node.api(), 0);
      long empty = LiveHeap.bytes(node);
      long begun = System.nanoTime();
      fill(store.sightings());
      long filled = System.nanoTime();

      List<Long> micros = ask(node.api());
      System.out.printf(
          "%d keys written in %d ms; a page of 100: p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
          KEYS,
          (filled - begun) / 1_000_000,
          percentile(micros, 50),
          percentile(micros, 99),
          percentile(micros, 100));
      assertThat(percentile(micros, 99)).isLessThan((MEASURE ? 20 : 200) * Contention.factor());
      assertThat(LiveHeap.bytes(node) - empty).isLessThan(16 << 20);

      // The first may go when it is due; the last is gone a second after it is.
      untilNanos(begun + TTL.toNanos() - Duration.ofMillis(1_500).toNanos());
      if (System.nanoTime() < begun + TTL.toNanos() - Duration.ofSeconds(1).toNanos()) {
        assertThat(page(node.api(), 0)).hasSize(100);
      }
      untilNanos(filled + TTL.toNanos() + Duration.ofSeconds(1).toNanos());
      assertThat(page(node.api(), 0)).isEmpty();
      assertThat(DispatchAndSupervise.await(store.sightings().count())).isZero();
      DispatchAndSupervise.await(store.close());
    } finally {
      DispatchAndSupervise.await(vertx.close());
    }
  }

  private static Future<Store> connect(Vertx vertx, RedisServer redis) {
    return RedisStore.connect(
        vertx,
        new Config.Redis(redis.uri(), Duration.ofSeconds(10), 4, 10_000, LIMIT),
        new Config.History(10, 1 << 20, Duration.ofHours(1)),
        new Metrics(),
        failure -> {});
  }

  /** As the origin would have it, though in pages. */
  private static void fill(LastSeenIndex sightings) {
    for (long from = 0; from < KEYS; from += 1_000) {
      long now = System.currentTimeMillis();
      DispatchAndSupervise.await(
          sightings.see(
              LongStream.range(from, from + 1_000).mapToObj(i -> new Sighting(3 * i, now)).toList(),
              TTL));
    }
  }

  private static List<Long> ask(Api api) {
    Random random = new Random(1);
    List<Long> micros = new ArrayList<>();
    for (int i = 0; i < QUESTIONS + WARM_UP; i++) {
      long after = random.nextInt(3 * (KEYS - 200));
      long start = System.nanoTime();
      JsonArray page = page(api, after);
      long took = (System.nanoTime() - start) / 1_000;
      assertThat(page).hasSize(100);
      assertThat(page.getJsonObject(0).getLong("id")).isBetween(after + 1, after + 3);
      if (i >= WARM_UP) {
        micros.add(took);
      }
    }
    Collections.sort(micros);
    return micros;
  }

  private static JsonArray page(Api api, long after) {
    JsonObject answer = api.get("/objects?limit=100&after=" + after).json();
    return answer.getJsonArray("objects");
  }

  private static double percentile(List<Long> sorted, double percent) {
    return sorted.get((int) Math.ceil(percent / 100 * sorted.size()) - 1) / 1_000.0;
  }

  private static void untilNanos(long nanos) {
    Await.pass(Duration.ofNanos(Math.max(0, nanos - System.nanoTime())));
  }
}
