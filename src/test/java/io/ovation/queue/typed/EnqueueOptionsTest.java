package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.ItemPolicy;
import io.ovation.queue.proto.QueueItem;
import io.ovation.shapes.Errand;
import io.ovation.shapes.ErrandsProducer;
import io.ovation.shapes.ErrandsQueue;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The options of one call: their bounds, and how they travel with the item. */
class EnqueueOptionsTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final EnqueueOptions NONE = EnqueueOptions.none();

  private final ScriptedBroker broker = new ScriptedBroker();
  private final ErrandsProducer producer =
      new ErrandsProducer(broker, new Partitions(4), InstantSource.fixed(NOW), new Metrics());

  @Test
  void everyOptionTravelsInTheItem() throws Exception {
    EnqueueOptions options =
        NONE.withId("i1")
            .withKey("k1")
            .withLane(Lane.HIGH)
            .withDelay(Duration.ofSeconds(90))
            .withMaxAttempts(7)
            .withTimeout(Duration.ofSeconds(3))
            .withTtl(Duration.ofMinutes(2))
            .withBackoff(new Backoff(Duration.ofMillis(10), 3, Duration.ofSeconds(1), 0.5))
            .withHeader("color", "red");

    assertThat(producer.enqueueRun(Errand.getDefaultInstance(), options).result()).isEqualTo("i1");

    ScriptedBroker.Published published = broker.published.get(0);
    QueueItem item = published.envelope();
    assertThat(published.to().lane()).isEqualTo(Lane.HIGH);
    assertThat(published.delay()).isEqualTo(Duration.ofSeconds(90));
    assertThat(item.getKey()).isEqualTo("k1");
    assertThat(item.getNotBeforeMs()).isEqualTo(NOW.plusSeconds(90).toEpochMilli());
    assertThat(item.getCreatedAtMs()).isEqualTo(NOW.toEpochMilli());
    assertThat(item.getHeadersMap()).containsExactly(Map.entry("color", "red"));
    assertThat(item.getPolicy())
        .isEqualTo(
            policy(
                "max_attempts: 7 timeout_ms: 3000 ttl_ms: 120000"
                    + " backoff { initial_ms: 10 factor: 3 max_ms: 1000 jitter: 0.5 }"));
  }

  @Test
  void consumerReadsThePolicyThatTheProducerWrites() {
    Backoff backoff = new Backoff(Duration.ofMillis(10), 3, Duration.ofSeconds(1), 0.5);
    producer.enqueueRun(
        Errand.getDefaultInstance(),
        NONE.withMaxAttempts(7)
            .withTimeout(Duration.ofSeconds(3))
            .withTtl(Duration.ZERO)
            .withBackoff(backoff));

    assertThat(changed(broker.published.get(0).envelope().getPolicy(), new ArrayList<>()))
        .isEqualTo(new Policy(7, backoff, Duration.ofSeconds(3), Duration.ZERO));
  }

  @Test
  void withoutOptionsTheMethodsPolicyHolds() {
    producer.enqueueRun(Errand.getDefaultInstance());

    QueueItem item = broker.published.get(0).envelope();
    assertThat(item.hasPolicy()).isFalse();
    assertThat(changed(item.getPolicy(), new ArrayList<>())).isEqualTo(own());
  }

  @Test
  void valueOutOfBoundsIsRefusedWithTheBounds() {
    refused(() -> NONE.withMaxAttempts(0), "1 to 1000");
    refused(() -> NONE.withMaxAttempts(1_001), "1 to 1000");
    refused(() -> NONE.withTimeout(Duration.ZERO), "1 ms");
    refused(() -> NONE.withTimeout(Duration.ofMinutes(21)), "20 minutes");
    refused(() -> NONE.withTtl(Duration.ofMillis(-1)), "0 (no end)");
    refused(() -> NONE.withTtl(Duration.ofSeconds(Long.MAX_VALUE)), "0 (no end)");
    refused(() -> NONE.withDelay(Broker.MAX_DELAY.plusMillis(1)), "36 hours");
    refused(() -> NONE.withDelay(Duration.ofMillis(-1)), "36 hours");
    refused(
        () -> NONE.withBackoff(new Backoff(Duration.ofDays(2), 1, Duration.ofDays(2), 0)), "PT36H");
    refused(() -> NONE.withId("x".repeat(513)), "512");
    refused(() -> NONE.withKey("x".repeat(513)), "512");
    refused(() -> NONE.withHeader("", "v"), "1 to 128");
    refused(() -> NONE.withHeader("n", "v".repeat(8_193)), "8192");
    refused(
        () -> {
          EnqueueOptions many = NONE;
          for (int i = 0; i < 65; i++) {
            many = many.withHeader("h" + i, "v");
          }
        },
        "at most 64");
  }

  private static void refused(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_attempts: 0",
        "max_attempts: -3",
        "max_attempts: 1001",
        "timeout_ms: 0",
        "timeout_ms: 9223372036854775807",
        "ttl_ms: -1",
        "ttl_ms: 9223372036854775807",
        "backoff { initial_ms: 0 }",
        "backoff { initial_ms: -9223372036854775808 }",
        "backoff { factor: nan }",
        "backoff { factor: 0.5 }",
        "backoff { factor: inf }",
        "backoff { max_ms: 1 }",
        "backoff { max_ms: 9223372036854775807 }",
        "backoff { jitter: 2 }",
        "backoff { jitter: 2 factor: 2 initial_ms: 7 }",
      })
  void invalidValueLeavesTheMethodsOwnAndIsReportedOnce(String text) throws Exception {
    List<String> invalid = new ArrayList<>();

    assertThat(changed(policy(text), invalid)).isEqualTo(own());

    assertThat(invalid).hasSize(1);
  }

  @Test
  void oneInvalidValueDoesNotUndoTheOthers() throws Exception {
    Policy policy = changed(policy("max_attempts: 0 timeout_ms: 77"), new ArrayList<>());

    assertThat(policy)
        .isEqualTo(
            new Policy(own().maxAttempts(), own().backoff(), Duration.ofMillis(77), own().ttl()));
  }

  @Test
  void longerFirstPauseAloneMovesTheLongest() throws Exception {
    Policy policy = changed(policy("backoff { initial_ms: 5000 }"), new ArrayList<>());

    assertThat(policy.backoff().initial()).isEqualTo(Duration.ofSeconds(5));
    assertThat(policy.backoff().max()).isEqualTo(Duration.ofSeconds(5));
  }

  private static Policy own() {
    return ErrandsQueue.RUN.policy();
  }

  private static ItemPolicy policy(String text) throws Exception {
    return TextFormat.parse(text, ItemPolicy.class);
  }

  private static Policy changed(ItemPolicy policy, List<String> invalid) {
    return own().with(policy, invalid::add);
  }
}
