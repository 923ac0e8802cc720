package io.ovation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.store.ScriptedStore;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendsTest {
  private final Vertx vertx = Vertx.vertx();
  private final ScriptedStore store = new ScriptedStore();
  private final Backends backends =
      new Backends(
          new ScriptedBroker(),
          store,
          new EventPublisher(vertx, null, Duration.ZERO, System::nanoTime, new Metrics()),
          "queue",
          "store");

  @AfterEach
  void close() {
    FutureResult.of(vertx.close());
  }

  private Future<Void> settle(Duration patience) {
    return backends.settlePartitions(vertx, 16, patience);
  }

  @Test
  void aStoreThatDoesNotAnswerOnceIsAskedAgain() {
    Future<Void> settled = settle(Duration.ofHours(1));
    store.take("setOnce").timeOut();
    Await.until("another call", Duration.ofSeconds(10), () -> store.waiting("setOnce") == 1);
    assertThat(settled.isComplete()).isFalse();
    store.take("setOnce").answer("16");
    FutureResult.of(settled);
  }

  @Test
  void aStoreThatDoesNotAnswerInTimeEndsTheStart() {
    Future<Void> settled = settle(Duration.ZERO);
    store.take("setOnce").timeOut();
    assertThat(FutureResult.failure(settled)).hasMessageContaining("scripted");
  }

  @Test
  void anotherNumberOfPartitionsIsRefusedAtOnce() {
    Future<Void> settled = settle(Duration.ofHours(1));
    store.take("setOnce").answer("8");
    assertThat(FutureResult.failure(settled)).isInstanceOf(ConfigException.class);
  }
}
