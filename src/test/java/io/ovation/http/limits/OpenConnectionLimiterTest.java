package io.ovation.http.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenConnectionLimiterTest {
  private static final ClientAddresses CLIENTS = new ClientAddresses(List.of("10.0.0.0/8"));

  private final List<Runnable> closing = new ArrayList<>();

  private boolean admit(OpenConnectionLimiter limiter, String address) {
    return limiter.admit(address, closing::add);
  }

  /** Connections that watch nothing would take the files that queue, store and operators need. */
  @Test
  void allAddressesTogetherHaveABound() {
    OpenConnectionLimiter limiter = new OpenConnectionLimiter(0, 3, CLIENTS);
    for (int i = 0; i < 3; i++) {
      assertThat(admit(limiter, "192.0.2." + i)).isTrue();
    }
    assertThat(admit(limiter, "192.0.2.9")).isFalse();
    assertThat(admit(limiter, "10.0.0.1")).isFalse();
    closing.forEach(Runnable::run);
    assertThat(admit(limiter, "192.0.2.9")).isTrue();
  }

  @Test
  void aClientOfIpv6IsItsNetwork() {
    OpenConnectionLimiter limiter = new OpenConnectionLimiter(2, 100, CLIENTS);
    assertThat(admit(limiter, "2001:db8::1")).isTrue();
    assertThat(admit(limiter, "2001:db8::2")).isTrue();
    assertThat(admit(limiter, "2001:db8::3")).isFalse();
    assertThat(admit(limiter, "2001:db8:0:1::3")).isTrue();
    closing.forEach(Runnable::run);
    assertThat(admit(limiter, "2001:db8::3")).isTrue();
  }

  @Test
  void aTrustedProxyHasMany() {
    OpenConnectionLimiter limiter = new OpenConnectionLimiter(1, 100, CLIENTS);
    assertThat(admit(limiter, "10.0.0.1")).isTrue();
    assertThat(admit(limiter, "10.0.0.1")).isTrue();
    assertThat(admit(limiter, "192.0.2.1")).isTrue();
    assertThat(admit(limiter, "192.0.2.1")).isFalse();
  }

  @Test
  void connectionsLeaveFilesToTheRest() {
    long files = OpenConnectionLimiter.files();
    assertThat(OpenConnectionLimiter.allowedByFiles()).isLessThanOrEqualTo(files - 64);
    // Viewers alone may have nine tenths of them.
    assertThat(OpenConnectionLimiter.allowedByFiles()).isGreaterThanOrEqualTo(files / 10 * 9);
  }
}
