package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import org.junit.jupiter.api.Test;

/** Anybody may send SockJS a body, so it counts in the bound of all bodies that arrive. */
class SockJsBodiesTest {
  private static final int SENT = 100 * 1024;

  @Test
  void anUnfinishedBodyTakesNoMoreThanHttpBodiesLimit() {
    try (DeliveryFixture node = new DeliveryFixture(DeliveryFixture.DEFAULT, SENT / 2);
        RawHttp http = new RawHttp(node.port)) {
      String path = "/live/000/none/xhr_send";
      http.write(RawHttp.head("POST", path, "text/plain", 2 * SENT) + "x".repeat(SENT));
      assertThat(http.read().status()).isEqualTo(429);
    }
  }

  @Test
  void bodiesThatNeedNoTokenLeaveHalfToOthers() {
    try (DeliveryFixture node = new DeliveryFixture(DeliveryFixture.DEFAULT, SENT * 3 / 2);
        RawHttp http = new RawHttp(node.port)) {
      String path = "/live/000/none/xhr_send";
      http.write(RawHttp.head("POST", path, "text/plain", 2 * SENT) + "x".repeat(SENT));
      assertThat(http.read().status()).isEqualTo(429);
    }
  }
}
