package io.ovation.http.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.http.limits.ConnectionLimits.Slot;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
  private final Metrics metrics = new Metrics();
  private final ConnectionLimits limits = new ConnectionLimits(2, 3, metrics);

  private void assertRefused(String user, String address, String per) {
    assertThatThrownBy(() -> limits.take(user, address))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().status()).isEqualTo(429);
              assertThat(e.problem().code()).isEqualTo("rate");
              assertThat(e.problem().detail()).contains("this " + per);
            });
    assertThat(metrics.scrape())
        .contains("ovation_limits_refused_total{action=\"connection\",per=\"" + per + "\"}");
  }

  @Test
  void aUserHasItsConnectionsWhateverTheAddress() {
    Slot first = limits.take("alice", "a");
    limits.take("alice", "b");
    assertRefused("alice", "c", "user");
    first.release();
    first.release(); // Only once.
    limits.take("alice", "c");
    assertRefused("alice", "c", "user");
  }

  @Test
  void anAddressHasItsConnectionsWhateverTheUser() {
    limits.take("a", "x");
    limits.take("b", "x");
    Slot third = limits.take("c", "x");
    assertRefused("d", "x", "address");
    // What was refused does not count for its user.
    limits.take("d", "y");
    limits.take("d", "y");
    third.release();
    limits.take("e", "x");
  }

  @Test
  void aConnectionThatChangesItsUserCountsForTheNewOne() {
    limits.take("alice", "a");
    Slot second = limits.take("alice", "a");
    second.moveTo("alice");
    second.moveTo("bob");
    limits.take("alice", "a");
    assertThatThrownBy(() -> second.moveTo("alice")).isInstanceOf(ProblemException.class);
    second.release();
    limits.take("bob", "b");
    limits.take("bob", "b");
    assertRefused("bob", "b", "user");
  }

  @Test
  void whatHasNoLimitIsNotCounted() {
    ConnectionLimits none = new ConnectionLimits(0, 1, new Metrics());
    for (int i = 0; i < 100; i++) {
      none.take("alice", "").release();
      none.take("alice", "");
    }
    assertThat(none.usesAddresses()).isTrue();
  }
}
