package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.ScriptedBroker;
import io.ovation.queue.typed.TestClock;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsProducer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An item with a long pause waits in the broker, not in the consumer. */
class RetryByDelayTest extends ConsumerFixture {

  @Test
  void failedItemIsRequeuedWithADelayAndThenAcked() throws Exception {
    Promise<Void> confirm = Promise.promise();
    broker.answers.add(confirm.future());
    QueueItem item = haul("e1").setCreatedAtMs(7).putHeaders("h", "v").build();
    long tag = deliver(item);

    call().answer().fail("not yet");
    until(() -> broker.published.size() == 1);

    ScriptedBroker.Published requeued = broker.published.get(0);
    assertThat(requeued.to()).isEqualTo(NORMAL);
    assertThat(requeued.envelope()).isEqualTo(item.toBuilder().setAttempt(1).build());
    assertThat(broker.acked).isEmpty();

    confirm.complete();
    until(() -> broker.acked.contains(tag));
    assertThat(broker.dead).isEmpty();
  }

  @Test
  void eachMethodsOutcomesAreCounted() throws Exception {
    deliver(haul("e1").build());
    call().answer().complete();
    deliver(haul("e2").build());
    call().answer().fail("not yet");
    deliver(haul("e3").setAttempt(3).build());
    call().answer().fail("never");
    until(() -> broker.acked.size() == 2 && broker.dead.size() == 1);

    String labels = "{method=\"Haul\",queue=\"errands\",service=\"shapes.Errands\"}";
    assertThat(metrics.scrape())
        .contains("ovation_queue_handle_seconds_count" + labels + " 1")
        .contains("ovation_queue_handle_failed_total" + labels + " 2")
        .contains("ovation_queue_retried_total" + labels + " 1")
        .contains("ovation_queue_given_up_total" + labels + " 1");
  }

  @Test
  void pausesGrowUpToTheMaximumAndAreSpread() throws Exception {
    for (int failures = 0; failures < 3; failures++) {
      for (int i = 0; i < 20; i++) {
        deliver(haul("e" + i).setAttempt(failures).build());
        call().answer().fail("not yet");
      }
    }
    until(() -> broker.published.size() == 60);

    assertThat(delays(0)).allMatch(ms -> ms >= 3_000 && ms <= 5_000);
    assertThat(delays(20)).allMatch(ms -> ms >= 9_000 && ms <= 15_000);
    assertThat(delays(40)).allMatch(ms -> ms >= 15_000 && ms <= 25_000);
    assertThat(delays(0).stream().distinct().count()).isGreaterThan(5);
  }

  private List<Long> delays(int from) {
    return broker.published.subList(from, from + 20).stream()
        .map(published -> published.delay().toMillis())
        .toList();
  }

  @Test
  void failuresBeforeACrashCount() throws Exception {
    long tag = deliver(haul("e1").setAttempt(3).setCreatedAtMs(5_000).build());

    Call call = call();
    assertThat(call.meta().attempt()).isEqualTo(3);
    call.answer().fail(new IllegalStateException("no luck"));

    until(() -> broker.dead.containsKey(tag));
    var failure = Objects.requireNonNull(broker.failures.get(tag));
    assertThat(failure.reason()).contains("failed 4 times").contains("no luck");
    assertThat(failure.attempts()).isEqualTo(4);
    assertThat(failure.firstMs()).isEqualTo(5_000);
    assertThat(failure.stack()).contains("RetryByDelayTest");
    assertThat(broker.published).isEmpty();
  }

  @Test
  void publishThatTheBrokerRefusesIsTriedAgainWhileTheItemStaysUnacked() throws Exception {
    broker.answers.add(Future.failedFuture(new BrokerUnavailable("unavailable")));
    long tag = deliver(haul("e1").build());

    call().answer().fail("not yet");

    until(() -> broker.published.size() == 1);
    assertThat(broker.acked).isEmpty();
    until(() -> broker.acked.contains(tag));
    assertThat(broker.published).hasSize(2);
  }

  @Test
  void itemWithAKeyWaitsInItsPlace() throws Exception {
    deliver(haul("e1").setKey("k").build());
    deliver(haul("e2").setKey("k").build());

    call().answer().fail("not yet");
    on(() -> null);

    assertThat(broker.published).isEmpty();
    assertThat(broker.acked).isEmpty();
    assertThat(calls).isEmpty();
  }

  @Test
  void itemDueLaterGoesBackToTheQueueUntilThen() throws Exception {
    long due = clock.millis() + 60_000;
    long tag = deliver(haul("e1").setNotBeforeMs(due).build());

    until(() -> broker.acked.contains(tag));
    ScriptedBroker.Published requeued = broker.published.get(0);
    assertThat(requeued.delay()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
    assertThat(requeued.envelope().getAttempt()).isZero();

    // Whatever the clock says by then: the broker has carried the delay.
    deliver(requeued.envelope());
    assertThat(call().errand().getId()).isEqualTo("e1");
  }

  @Test
  void anItemOfAProducerWhoseClockWasADayAheadWaitsNoLongerThanItsDelay() throws Exception {
    TestClock ahead = new TestClock();
    ahead.forward(Duration.ofHours(25));
    var producer = new ErrandsProducer(broker, new Partitions(1), ahead, new Metrics(), List.of());
    producer.enqueueHaul(
        Errand.newBuilder().setId("e1").build(),
        EnqueueOptions.none().withDelay(Duration.ofSeconds(10)));
    ScriptedBroker.Published published = broker.published.get(0);
    assertThat(published.delay()).isEqualTo(Duration.ofSeconds(10));
    assertThat(published.envelope().getNotBeforeMs()).isGreaterThan(clock.millis() + 80_000_000);

    // As the broker delivers it after 10 s.
    deliver(published.envelope());
    call().answer().fail("not yet");

    // So does its retry, after the pause of its method: 5 s at most.
    until(() -> broker.published.size() == 2);
    assertThat(broker.published.get(1).delay()).isLessThan(Duration.ofSeconds(6));
    deliver(broker.published.get(1).envelope());
    assertThat(call().meta().attempt()).isEqualTo(1);
    assertThat(broker.published).hasSize(2);
  }

  @Test
  void timeBeyondTheLongestDelayIsReachedInSteps() throws Exception {
    long tag = deliver(haul("e1").setNotBeforeMs(Long.MAX_VALUE).build());

    until(() -> broker.acked.contains(tag));
    assertThat(broker.published.get(0).delay()).isEqualTo(Broker.MAX_DELAY);
    // What the broker has not carried yet is still to come.
    long second = deliver(broker.published.get(0).envelope());
    until(() -> broker.acked.contains(second));
    assertThat(broker.published.get(1).delay()).isEqualTo(Broker.MAX_DELAY);

    deliver(haul("e2").setNotBeforeMs(Long.MIN_VALUE).build());
    assertThat(call().errand().getId()).isEqualTo("e2");
  }

  @Test
  void stopWaitsForItemsThatAreBeingRequeued() throws Exception {
    Promise<Void> confirm = Promise.promise();
    broker.answers.add(confirm.future());
    long tag = deliver(haul("e1").build());
    Call call = call();
    Future<Void> stopped = vertxFuture(() -> consumer.stop());
    call.answer().fail("not yet");
    until(() -> broker.published.size() == 1);
    assertThat(stopped.isComplete()).isFalse();

    confirm.complete();
    stopped.await(5, TimeUnit.SECONDS);

    assertThat(broker.acked).containsExactly(tag);
  }

  @Test
  void itemOfALostConnectionIsNotAckedWhenItsPublishEnds() throws Exception {
    Promise<Void> confirm = Promise.promise();
    broker.answers.add(confirm.future());
    deliver(haul("e1").build());
    call().answer().fail("not yet");
    until(() -> broker.published.size() == 1);

    on(
        () -> {
          broker.reset(NORMAL);
          confirm.complete();
          return null;
        });
    deliver(haul("e2").build());
    call();

    assertThat(broker.acked).isEmpty();
  }

  @Test
  void failureAfterThePartitionWasReleasedChangesNothing() throws Exception {
    // It would have been its last attempt.
    deliver(haul("e1").setAttempt(3).build());
    deliver(haul("e2").build());
    Call last = call();
    Call first = call();
    on(() -> consumer.own(Set.of()));

    last.answer().fail("never");
    first.answer().fail("not yet");
    on(() -> null);

    assertThat(broker.published).isEmpty();
    assertThat(broker.acked).isEmpty();
    assertThat(broker.dead).isEmpty();
    String labels = "{method=\"Haul\",queue=\"errands\",service=\"shapes.Errands\"}";
    assertThat(metrics.scrape())
        .contains("ovation_queue_handle_failed_total" + labels + " 0")
        .contains("ovation_queue_given_up_total" + labels + " 0");
  }
}
