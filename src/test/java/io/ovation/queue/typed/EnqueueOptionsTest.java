package io.ovation.queue.typed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
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
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller may say of one item, and how it travels. */
class EnqueueOptionsTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final EnqueueOptions NONE = EnqueueOptions.none();

  private final ScriptedBroker broker = new ScriptedBroker();
  private final ErrandsProducer producer =
      new ErrandsProducer(broker, new Partitions(4), InstantSource.fixed(NOW), new Metrics());

  @Test
  void everyOptionTravelsInTheItem() {
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
    assertThat(item.getHeadersMap())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "color", "red",
                "ovation-max-attempts", "7",
                "ovation-timeout-ms", "3000",
                "ovation-ttl-ms", "120000",
                "ovation-backoff-initial-ms", "10",
                "ovation-backoff-factor", "3.0",
                "ovation-backoff-max-ms", "1000",
                "ovation-backoff-jitter", "0.5"));
  }

  @Test
  void whatTheProducerWritesTheConsumerReads() {
    Backoff backoff = new Backoff(Duration.ofMillis(10), 3, Duration.ofSeconds(1), 0.5);
    producer.enqueueRun(
        Errand.getDefaultInstance(),
        NONE.withMaxAttempts(7)
            .withTimeout(Duration.ofSeconds(3))
            .withTtl(Duration.ZERO)
            .withBackoff(backoff));

    assertThat(read(broker.published.get(0).envelope().getHeadersMap(), new ArrayList<>()))
        .isEqualTo(new Policy(7, backoff, Duration.ofSeconds(3), Duration.ZERO));
  }

  @Test
  void withoutOptionsTheMethodsPolicyHolds() {
    producer.enqueueRun(Errand.getDefaultInstance());

    assertThat(broker.published.get(0).envelope().getHeadersMap()).isEmpty();
    assertThat(read(Map.of("color", "red"), new ArrayList<>())).isEqualTo(own());
  }

  @Test
  void whatIsOutOfBoundsIsRefusedWithTheBounds() {
    refused(() -> NONE.withMaxAttempts(0), "1 to 1000");
    refused(() -> NONE.withMaxAttempts(1_001), "1 to 1000");
    refused(() -> NONE.withTimeout(Duration.ZERO), "1 ms");
    refused(() -> NONE.withTimeout(Duration.ofMinutes(21)), "PT20M");
    refused(() -> NONE.withTtl(Duration.ofMillis(-1)), "0 (no end)");
    refused(() -> NONE.withTtl(Duration.ofSeconds(Long.MAX_VALUE)), "0 (no end)");
    refused(() -> NONE.withDelay(Broker.MAX_DELAY.plusMillis(1)), "36 hours");
    refused(() -> NONE.withDelay(Duration.ofMillis(-1)), "36 hours");
    refused(
        () -> NONE.withBackoff(new Backoff(Duration.ofDays(2), 1, Duration.ofDays(2), 0)), "PT36H");
    refused(() -> NONE.withId("x".repeat(513)), "512");
    refused(() -> NONE.withHeader("ovation-max-attempts", "1"), "the queue's own");
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

  private static void refused(Runnable call, String says) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(says);
  }

  @ParameterizedTest
  @CsvSource({
    "ovation-max-attempts, 0",
    "ovation-max-attempts, -3",
    "ovation-max-attempts, 99999999999",
    "ovation-max-attempts, many",
    "ovation-max-attempts, 1.5",
    "ovation-timeout-ms, 0",
    "ovation-timeout-ms, 9223372036854775807",
    "ovation-ttl-ms, -1",
    "ovation-ttl-ms, 99999999999999999999999999999999999999",
    "ovation-backoff-initial-ms, 0",
    "ovation-backoff-factor, NaN",
    "ovation-backoff-factor, 0.5",
    "ovation-backoff-factor, Infinity",
    "ovation-backoff-max-ms, 1",
    "ovation-backoff-max-ms, 9223372036854775807",
    "ovation-backoff-jitter, 2",
    "ovation-backoff-jitter, ''",
  })
  void invalidHeaderLeavesTheMethodsOwnAndIsToldOnce(String name, String value) {
    List<String> invalid = new ArrayList<>();

    assertThat(read(Map.of(name, value, "ovation-unknown", "x"), invalid)).isEqualTo(own());

    assertThat(invalid).hasSize(1);
    assertThat(name).startsWith(invalid.get(0));
  }

  @Test
  void oneInvalidHeaderDoesNotUndoTheOthers() {
    Policy policy =
        read(Map.of("ovation-max-attempts", "x", "ovation-timeout-ms", "77"), new ArrayList<>());

    assertThat(policy).isEqualTo(own().withTimeout(Duration.ofMillis(77)));
  }

  @Test
  void longerFirstPauseAloneMovesTheLongest() {
    Policy policy = read(Map.of("ovation-backoff-initial-ms", "5000"), new ArrayList<>());

    assertThat(policy.backoff().initial()).isEqualTo(Duration.ofSeconds(5));
    assertThat(policy.backoff().max()).isEqualTo(Duration.ofSeconds(5));
  }

  private static Policy own() {
    return ErrandsQueue.RUN.policy();
  }

  private static Policy read(Map<String, String> headers, List<String> invalid) {
    return PolicyHeaders.apply(own(), headers, invalid::add);
  }
}
