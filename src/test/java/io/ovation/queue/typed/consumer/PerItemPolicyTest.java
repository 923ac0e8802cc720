package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.proto.ItemBackoff;
import io.ovation.queue.proto.ItemPolicy;
import io.ovation.queue.proto.QueueItem;
import org.junit.jupiter.api.Test;

/** An item may change how it is tried. */
class PerItemPolicyTest extends ConsumerFixture {

  private static QueueItem haul(String id, ItemPolicy.Builder policy) {
    return haul(id).setPolicy(policy).build();
  }

  @Test
  void itemsOwnAttemptsDecideWhenItIsDeadLettered() throws Exception {
    long tag = deliver(haul("e1", ItemPolicy.newBuilder().setMaxAttempts(1)));
    call().answer().fail("no luck");

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).contains("failed 1 times");
    assertThat(broker.published).isEmpty();
  }

  @Test
  void itemsOwnTimeoutFailsTheAttempt() throws Exception {
    deliver(
        haul(
            "e1",
            ItemPolicy.newBuilder()
                .setTimeoutMs(20)
                .setBackoff(ItemBackoff.newBuilder().setInitialMs(5))));
    call();

    assertThat(call().meta().attempt()).isEqualTo(1);
  }

  @Test
  void itemsOwnBackoffDecidesThePause() throws Exception {
    ItemBackoff backoff = ItemBackoff.newBuilder().setInitialMs(7_000).setJitter(0).build();
    deliver(haul("e1", ItemPolicy.newBuilder().setBackoff(backoff)));
    call().answer().fail("not yet");

    until(() -> broker.published.size() == 1);
    assertThat(broker.published.get(0).delay().toMillis()).isEqualTo(7_000);
  }

  @Test
  void itemsOwnTimeToLiveEndsIt() throws Exception {
    QueueItem old =
        haul("e1", ItemPolicy.newBuilder().setTtlMs(1_000)).toBuilder()
            .setCreatedAtMs(clock.millis() - 5_000)
            .build();
    long tag = deliver(old);

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).isEqualTo("expired: older than 1000 ms");
    assertThat(calls).isEmpty();
  }

  @Test
  void invalidValuesAreCountedAndTheItemIsHandled() throws Exception {
    deliver(haul("e1", ItemPolicy.newBuilder().setMaxAttempts(0)));

    call().answer().complete();
    until(() -> broker.acked.size() == 1);
    assertThat(metrics.scrape())
        .contains("ovation_queue_policy_invalid_total{queue=\"errands\"} 1");
  }
}
