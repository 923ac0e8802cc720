package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.Event;
import org.junit.jupiter.api.Test;

class RecentEventsTest {

  private static Event event(long offset) {
    return Event.newBuilder()
        .setOffset(offset)
        .setUser("u")
        .setId("id" + offset)
        .setJson(ByteString.copyFromUtf8("{}"))
        .build();
  }

  @Test
  void keepsTheNewestAndKnowsWhereItBegins() {
    RecentEvents recentEvents = new RecentEvents(3, 100);
    for (long offset = 101; offset <= 105; offset++) {
      recentEvents.add(event(offset));
    }
    assertThat(recentEvents.covers(101)).isFalse();
    assertThat(recentEvents.covers(102)).isTrue();
    assertThat(recentEvents.after(103)).extracting(Event::getOffset).containsExactly(104L, 105L);
  }

  @Test
  void afterARestartOnlyLaterEventsAreCovered() {
    RecentEvents recentEvents = new RecentEvents(3, 0);
    recentEvents.add(event(5));
    recentEvents.restart(9);
    assertThat(recentEvents.covers(8)).isFalse();
    assertThat(recentEvents.covers(9)).isTrue();
    assertThat(recentEvents.after(0)).isEmpty();
  }

  @Test
  void viewersOfOnePositionShareOneListUntilAnEventIsAdded() {
    RecentEvents recentEvents = new RecentEvents(3, 0);
    recentEvents.add(event(1));
    recentEvents.add(event(2));
    var first = recentEvents.after(1);
    assertThat(recentEvents.after(1)).isSameAs(first);
    assertThat(recentEvents.after(0)).hasSize(2);
    recentEvents.add(event(3));
    assertThat(recentEvents.after(1)).hasSize(2);
    assertThat(first).hasSize(1);
  }
}
