package io.ovation.http.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.http.limits.ActionLimits.Action;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ActionLimitsTest {
  private final Metrics metrics = new Metrics();
  private long nanos = Long.MAX_VALUE - 1_000; // The clock may overflow.
  private final ActionLimits limits =
      new ActionLimits(new Config.Limits(60, 600, 0, 60, 6, 0, 0, 0, 0), () -> nanos, metrics);

  private int taken(Action action, String user, String address, int times) {
    int taken = 0;
    for (int i = 0; i < times; i++) {
      taken += limits.refusal(action, user, address) == null ? 1 : 0;
    }
    return taken;
  }

  @Test
  void aUserMayBurstAndThenActAtItsRate() {
    assertThat(taken(Action.COMMENT, "alice", "a", 50)).isEqualTo(10);
    assertThat(taken(Action.COMMENT, "bob", "b", 50)).isEqualTo(10);
    nanos += TimeUnit.SECONDS.toNanos(3);
    assertThat(taken(Action.COMMENT, "alice", "a", 50)).isEqualTo(3);
    nanos += TimeUnit.HOURS.toNanos(3);
    assertThat(taken(Action.COMMENT, "alice", "a", 50)).isEqualTo(10);
  }

  @Test
  void anAddressIsLimitedWhateverNamesItUses() {
    int taken = 0;
    for (int i = 0; i < 500; i++) {
      taken += taken(Action.COMMENT, "user" + i, "a", 1);
    }
    assertThat(taken).isEqualTo(100);
    assertThat(taken(Action.COMMENT, "user", "b", 1)).isEqualTo(1);
  }

  @Test
  void aRefusalSaysWhenToRetryAndIsCounted() {
    assertThat(taken(Action.WATCH, "alice", "a", 1)).isEqualTo(1);
    Problem refusal = Objects.requireNonNull(limits.refusal(Action.WATCH, "alice", "a"));
    assertThat(refusal.status()).isEqualTo(429);
    assertThat(refusal.code()).isEqualTo("rate");
    assertThat(refusal.retryAfterSeconds()).isEqualTo(10);
    assertThat(metrics.scrape())
        .contains("ovation_limits_refused_total{action=\"watch\",per=\"user\"} 1.0");
  }

  @Test
  void whatHasNoLimitIsNotRefused() {
    assertThat(taken(Action.REACTION, "alice", "", 1_000)).isEqualTo(1_000);
    assertThat(taken(Action.WATCH, "alice", "a", 1)).isEqualTo(1);
    assertThat(limits.refusal(Action.COMMENT, 7L, "")).isNull();
  }

  @Test
  void tooManyNamesPushOutThoseUsedLongestAgo() {
    assertThat(taken(Action.COMMENT, "alice", "", 10)).isEqualTo(10);
    for (int i = 0; i < 200_000; i++) {
      limits.refusal(Action.COMMENT, "user" + i, "");
    }
    assertThat(taken(Action.COMMENT, "alice", "", 20)).isEqualTo(10);
  }

  /** Nobody has validated the name yet: what is refused later must not fill the table. */
  @Test
  void onlyValidNamesAreCountedAndInOneForm() {
    String long64k = "x".repeat(65_536);
    assertThat(taken(Action.COMMENT, long64k, "a", 50)).isEqualTo(50);
    assertThat(taken(Action.COMMENT, "re\u0301mi", "b", 50)).isEqualTo(10);
    assertThat(taken(Action.COMMENT, "r\u00e9mi", "b", 50)).isZero();
  }
}
