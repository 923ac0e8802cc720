package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DispatchRateLimiterTest {
  private final AtomicLong clock = new AtomicLong();

  @Test
  void grantsASecondsWorthAtOnceAndThenAsTimePasses() {
    DispatchRateLimiter rate = new DispatchRateLimiter(100, clock::get);
    assertThat(rate.take(1_000)).isEqualTo(100);
    assertThat(rate.take(1)).isZero();
    clock.addAndGet(50);
    assertThat(rate.take(1_000)).isEqualTo(5);
    clock.addAndGet(60_000);
    assertThat(rate.take(1_000)).isEqualTo(100);
  }

  @Test
  void withoutALimitEverythingGoes() {
    assertThat(new DispatchRateLimiter(0, clock::get).take(1_000_000)).isEqualTo(1_000_000);
  }
}
