package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import org.junit.jupiter.api.Test;

class UnsavedEventsTest {
  private long nanos;
  private final UnsavedEvents events = new UnsavedEvents(() -> nanos);

  private static Event event(long offset, int bytes) {
    return Event.newBuilder()
        .setOffset(offset)
        .setJson(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private void add(long previous, Event... received) {
    Segment.Builder segment = Segment.newBuilder().setStream("s").setPrevious(previous);
    for (Event event : received) {
      segment.addEvents(event);
    }
    events.add(segment.build());
  }

  @Test
  void eachEventKeepsTheOffsetBeforeIt() {
    add(5, event(10, 1), event(12, 1));
    assertThat(events.segments())
        .extracting(Segment::getPrevious, s -> s.getEvents(0).getOffset())
        .containsExactly(tuple(5L, 10L), tuple(10L, 12L));
    events.clear();
    assertThat(events.segments()).isEmpty();
  }

  @Test
  void theOldestAreForgottenBeyondTheNumberAndTheBytes() {
    for (int i = 1; i <= UnsavedEvents.EVENTS + 3; i++) {
      add(i - 1, event(i, 1));
    }
    assertThat(events.segments()).hasSize(UnsavedEvents.EVENTS);
    assertThat(events.segments().get(0).getPrevious()).isEqualTo(3);
    add(0, event(1, UnsavedEvents.BYTES));
    assertThat(events.segments()).hasSize(1);
  }

  @Test
  void anEventWhoseIdTheStoreMayForgetIsForgottenBefore() {
    add(0, event(1, 1));
    nanos += UnsavedEvents.AGE_NANOS;
    add(1, event(2, 1));
    assertThat(events.segments()).hasSize(2);
    nanos++;
    assertThat(events.segments()).extracting(s -> s.getEvents(0).getOffset()).containsExactly(2L);
  }
}
