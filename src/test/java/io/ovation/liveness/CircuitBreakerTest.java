package io.ovation.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.VirtualTimers;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Opens after failures in a row; closes after a probe that succeeds. */
class CircuitBreakerTest {
  private static final RuntimeException CAUSE = new RuntimeException("refused");

  private final VirtualTimers time = new VirtualTimers();
  private final Metrics metrics = new Metrics();
  private final List<Promise<Void>> probes = new ArrayList<>();
  private final List<Boolean> changes = new ArrayList<>();
  private boolean throwing;
  private final CircuitBreaker breaker =
      new CircuitBreaker(
          time.vertx(),
          "origin",
          3,
          new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(4), 0.2),
          () -> {
            if (throwing) {
              throw new IllegalStateException("no probe");
            }
            probes.add(Promise.promise());
            return probes.get(probes.size() - 1).future();
          },
          this::changed,
          metrics);

  private void changed() {
    changes.add(breaker.open());
  }

  @Test
  void onlyFailuresInARowOpenIt() {
    fail(2);
    breaker.succeeded();
    fail(2);
    assertThat(breaker.open()).isFalse();
    fail(1);
    assertThat(breaker.open()).isTrue();
    assertThat(changes).containsExactly(true);
    assertThat(metrics.scrape()).contains("ovation_liveness_breaker_open{of=\"origin\"} 1.0");
  }

  @Test
  void furtherFailuresWhileItIsOpenChangeNothing() {
    fail(10);
    assertThat(changes).containsExactly(true);
    assertThat(time.pending()).isEqualTo(1);
  }

  @Test
  void probesFollowOneAnotherWithGrowingPausesUpToTheMaximum() {
    fail(3);
    // Jitter is a fifth: the pauses are 1 s, 2 s, 4 s, 4 s, each at most a fifth shorter or longer.
    for (long pause : new long[] {1_000, 2_000, 4_000, 4_000}) {
      int before = probes.size();
      time.advance(pause * 8 / 10 - 1);
      assertThat(probes).hasSize(before);
      time.advance(pause * 4 / 10 + 2);
      assertThat(probes).hasSize(before + 1);
      probes.get(before).fail(CAUSE);
    }
    assertThat(breaker.open()).isTrue();
  }

  @Test
  void aProbeThatIsNotAnsweredIsNotFollowedByAnother() {
    fail(3);
    time.advance(60_000);
    assertThat(probes).hasSize(1);
  }

  @Test
  void aProbeThatSucceedsClosesItAndTheCountStartsOver() {
    fail(3);
    time.advance(1_200);
    probes.get(0).complete();
    assertThat(breaker.open()).isFalse();
    assertThat(changes).containsExactly(true, false);
    fail(2);
    assertThat(breaker.open()).isFalse();
    fail(1);
    assertThat(breaker.open()).isTrue();
    // The pauses start over, too.
    time.advance(1_200);
    assertThat(probes).hasSize(2);
  }

  @Test
  void aProbeThatThrowsIsFollowedByAnother() {
    throwing = true;
    fail(3);
    time.advance(10_000);
    throwing = false;
    time.advance(5_000);
    assertThat(probes).hasSize(1);
  }

  @Test
  void eachOpeningHasOneLineOfProbes() {
    fail(3);
    breaker.succeeded();
    fail(3);
    assertThat(breaker.open()).isTrue();
    time.advance(1_200);
    assertThat(probes).hasSize(1);
  }

  @Test
  void aSuccessOfAnyCallClosesIt() {
    fail(3);
    breaker.succeeded();
    assertThat(breaker.open()).isFalse();
    assertThat(changes).containsExactly(true, false);
    time.advance(60_000);
    assertThat(probes).isEmpty();
  }

  @Test
  void onceItIsClosedForGoodNothingHappensAnyMore() {
    fail(3);
    time.advance(1_200);
    breaker.close();
    probes.get(0).complete();
    assertThat(changes).containsExactly(true);
    fail(3);
    time.advance(60_000);
    assertThat(probes).hasSize(1);
    assertThat(time.pending()).isZero();
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed(CAUSE);
    }
  }
}
