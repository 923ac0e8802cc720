package io.ovation.queue.typed.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A consumer tries each item as the item says. */
class PerItemPolicyTest extends ConsumerFixture {

  @Test
  void itemsOwnAttemptsDecideWhenItIsDead() throws Exception {
    long tag = deliver(haul("e1").putHeaders("ovation-max-attempts", "1").build());
    call().answer().fail("no luck");

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).contains("failed 1 times");
    assertThat(broker.published).isEmpty();
  }

  @Test
  void itemsOwnTimeoutFailsTheAttempt() throws Exception {
    deliver(
        item("e1", "")
            .setMethod("Haul")
            .putHeaders("ovation-timeout-ms", "20")
            .putHeaders("ovation-backoff-initial-ms", "5")
            .build());
    call();

    assertThat(call().meta().attempt()).isEqualTo(1);
  }

  @Test
  void itemsOwnBackoffDecidesThePause() throws Exception {
    deliver(
        haul("e1")
            .putHeaders("ovation-backoff-initial-ms", "7000")
            .putHeaders("ovation-backoff-jitter", "0")
            .build());
    call().answer().fail("not yet");

    until(() -> broker.published.size() == 1);
    assertThat(broker.published.get(0).delay().toMillis()).isEqualTo(7_000);
  }

  @Test
  void itemsOwnTimeToLiveEndsIt() throws Exception {
    long tag =
        deliver(
            haul("e1")
                .setCreatedAtMs(clock.millis() - 5_000)
                .putHeaders("ovation-ttl-ms", "1000")
                .build());

    until(() -> broker.dead.containsKey(tag));
    assertThat(broker.dead.get(tag)).isEqualTo("expired: older than 1000 ms");
    assertThat(calls).isEmpty();
  }

  @Test
  void invalidValuesAreCountedAndTheItemIsHandled() throws Exception {
    deliver(haul("e1").putHeaders("ovation-max-attempts", "lots").build());

    call().answer().complete();
    until(() -> broker.acked.size() == 1);
    assertThat(metrics.scrape())
        .contains("ovation_queue_header_invalid_total{queue=\"errands\"} 1");
  }
}
