package io.ovation.deliver.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.transport.Transport;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who is let in, and what those are told who ask before. */
class ConnectionAdmissionTest {
  private long nanos;
  private final Metrics registry = new Metrics();
  private final DeliveryMetrics metrics = new DeliveryMetrics(registry);

  private ConnectionAdmission admission(int rate, int connections) {
    Config.Viewer config =
        new Config.Viewer(
            Duration.ofSeconds(25),
            1 << 20,
            1 << 14,
            Duration.ofSeconds(30),
            256,
            Duration.ZERO,
            Duration.ZERO,
            rate,
            2,
            connections,
            50,
            500,
            10,
            true,
            false);
    return new ConnectionAdmission(config, metrics, registry, () -> nanos);
  }

  private static void assertRefused(Problem problem) {
    assertThat(problem).isNotNull();
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.code()).isEqualTo("unavailable");
    assertThat(problem.retryAfterSeconds()).isBetween(1, ConnectionAdmission.RETRY_SECONDS);
  }

  @Test
  void whoAsksLearnsForFiveSecondsThatOthersWereRefusedAndTakesNobodysTurn() {
    ConnectionAdmission admission = admission(1, 100);
    for (int i = 0; i < 10; i++) {
      assertThat(admission.outlook(true)).isNull();
    }
    assertThat(admission.refusal()).isNull();
    assertThat(admission.refusal()).isNull();
    assertThat(admission.outlook(true)).isNull();
    assertRefused(Objects.requireNonNull(admission.refusal()));
    nanos = TimeUnit.SECONDS.toNanos(5) - 1;
    assertRefused(Objects.requireNonNull(admission.outlook(true)));
    // Who may be let in at any time is not sent away.
    assertThat(admission.outlook(false)).isNull();
    assertThat(registry.scrape()).contains("ovation_deliver_refused_total{bound=\"rate\"} 1.0");
    nanos++;
    assertThat(admission.outlook(true)).isNull();
    assertThat(admission.refusal()).isNull();
    assertThat(registry.scrape()).contains("ovation_deliver_admitted_total 3.0");
  }

  @Test
  void whileNodesAreFullOrStopEverybodyIsSentAway() {
    ConnectionAdmission full = admission(0, 1);
    assertThat(full.outlook(false)).isNull();
    metrics.opened(Transport.SSE);
    assertRefused(Objects.requireNonNull(full.outlook(false)));
    ConnectionAdmission closing = admission(0, 100);
    assertThat(closing.outlook(true)).isNull();
    closing.close();
    assertRefused(Objects.requireNonNull(closing.outlook(false)));
    assertRefused(Objects.requireNonNull(closing.outlook(true)));
    assertThat(registry.scrape()).contains("ovation_deliver_refused_total{bound=\"drain\"} 0.0");
  }
}
