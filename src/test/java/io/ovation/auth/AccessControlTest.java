package io.ovation.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessControlTest {
  /** The store's, a year behind this machine's. */
  private static final Instant NOW = Instant.now().minusSeconds(365 * 86_400);

  private final AccessControl access =
      new AccessControl(true, TokenVerifier.WITHOUT_KEYS, InstantSource.fixed(NOW));

  private static Caller until(long ms) {
    return new Caller("bob", AccessRole.VIEWER, List.of("*"), null, ms, "");
  }

  @Test
  void aTokenEndsByTheInstallationsClockWhateverThisNodesSays() {
    assertThat(access.millisLeft(until(NOW.toEpochMilli() + 5_000))).isEqualTo(5_000);
    assertThat(access.millisLeft(until(NOW.toEpochMilli() - 1))).isZero();
    assertThat(access.millisLeft(until(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
  }
}
