package io.ovation.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.testkit.VirtualVertx;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class StoreClockTest {
  /** This node's wall clock is a day ahead of the store's. */
  private static final long WALL_MILLIS = 86_400_000L + 5_000_000L;

  private final VirtualVertx time = new VirtualVertx();
  private final ScriptedStore store = new ScriptedStore();
  private final StoreClock clock =
      new StoreClock(
          store,
          InstantSource.fixed(Instant.ofEpochMilli(WALL_MILLIS)),
          time::nanoTime,
          new Metrics());

  @Test
  void nothingBeginsBeforeTheStoresClockWasRead() {
    Future<Void> started = clock.start(time.vertx());
    for (int i = 0; i < 5; i++) {
      store.take("now").timeOut();
      assertThat(started.isComplete()).isFalse();
      time.pass(StoreClock.FIRST_RETRY_MS);
    }
    store.take("now").answer(5_000_000L);
    assertThat(started.succeeded()).isTrue();
    assertThat(clock.micros()).isEqualTo(5_000_000_000L);
  }

  @Test
  void aLaterReadThatFailsChangesNothing() {
    clock.start(time.vertx());
    store.take("now").answer(5_000_000L);
    time.pass(5_000);
    store.take("now").timeOut();
    assertThat(clock.micros()).isEqualTo(5_005_000_000L);
    time.pass(5_000);
    store.take("now").answer(5_020_000L);
    assertThat(clock.micros()).isEqualTo(5_020_000_000L);
  }

  @Test
  void asAnInstantItIsTheStoresTimeWhileTheWallClockIsADayAhead() {
    clock.start(time.vertx());
    store.take("now").answer(5_000_000L);
    time.pass(1_500);
    assertThat(clock.instant()).isEqualTo(Instant.ofEpochMilli(5_001_500));
    assertThat(clock.millis()).isEqualTo(5_001_500);
  }
}
