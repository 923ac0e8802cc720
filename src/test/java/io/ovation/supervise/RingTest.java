package io.ovation.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.ovation.bus.proto.Event;
import org.junit.jupiter.api.Test;

class RingTest {

  private static Event event(long offset) {
    return Event.newBuilder()
        .setOffset(offset)
        .setUser("u")
        .setId("id" + offset)
        .setJson(ByteString.copyFromUtf8("{}"))
        .build();
  }

  @Test
  void keepsTheNewestAndKnowsFromWhereItIsWhole() {
    Ring ring = new Ring(3, 100);
    for (long offset = 101; offset <= 105; offset++) {
      ring.add(event(offset));
    }
    assertThat(ring.covers(101)).isFalse();
    assertThat(ring.covers(102)).isTrue();
    assertThat(ring.after(103)).extracting(Event::getOffset).containsExactly(104L, 105L);
  }

  @Test
  void afterARestartOnlyWhatComesIsCovered() {
    Ring ring = new Ring(3, 0);
    ring.add(event(5));
    ring.restart(9);
    assertThat(ring.covers(8)).isFalse();
    assertThat(ring.covers(9)).isTrue();
    assertThat(ring.after(0)).isEmpty();
  }
}
