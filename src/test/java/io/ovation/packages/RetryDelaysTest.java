package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.config.ConfigLoader;
import io.ovation.testkit.VirtualTimers;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pauses between attempts: jitter is a fifth, and a receiver's wish has a bound. */
class RetryDelaysTest {
  private final VirtualTimers time = new VirtualTimers();

  /** From 50 ms up to 200 ms. */
  private final RetryDelays delays = new RetryDelays(time.vertx(), PackageFixture.quick());

  @Test
  void aReceiversRetryAfterMakesThePauseLongerUpToTheBound() {
    Exception wish = new RetryLater("busy", Duration.ofMillis(150));
    assertThat(delays.afterFailure(1, wish)).isEqualTo(150);
    Exception days = new RetryLater("busy", Duration.ofDays(30));
    assertThat(delays.afterFailure(1, days)).isEqualTo(200);
    Exception past = new RetryLater("busy", Duration.ofDays(-1));
    assertThat(delays.afterFailure(1, past)).isBetween(40L, 60L);
    assertThat(delays.afterFailure(3, new RuntimeException())).isBetween(160L, 240L);
  }

  @Test
  void packagesWithoutAHandlerAreCountedUntilTheirPauseIsOver() {
    for (int i = 0; i < RetryDelays.MAX_UNHANDLED; i++) {
      assertThat(delays.unhandledFull()).isFalse();
      delays.untilHandler(0, 60_000);
    }
    assertThat(delays.unhandledFull()).isTrue();
    time.advance(1_200);
    assertThat(delays.unhandledFull()).isFalse();
    assertThat(time.pending()).isZero();
  }

  @Test
  void thePauseForAHandlerGrowsAndNeverPassesTheEnd() {
    assertThat(delays.untilHandler(40_000, 3_600_000)).isBetween(8_000L, 12_000L);
    assertThat(delays.untilHandler(40_000, 500)).isBetween(400L, 600L);
  }

  /** What docs/packages.md says of the defaults. */
  @Test
  void byDefaultAPackageIsTriedForAboutFourHours() {
    Config.Packages defaults = new ConfigLoader(null, Map.of()).load(null).config().packages();
    RetryDelays delays = new RetryDelays(time.vertx(), defaults);
    long pauses = 0;
    for (int attempt = 1; attempt < defaults.attempts(); attempt++) {
      pauses += delays.afterFailure(attempt, new RuntimeException());
    }
    assertThat(defaults.attempts()).isEqualTo(16);
    assertThat(Duration.ofMillis(pauses)).isBetween(Duration.ofHours(3), Duration.ofHours(5));
  }
}
