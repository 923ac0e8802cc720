package io.ovation.supervise.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import org.junit.jupiter.api.Test;

class RecentOffsetsTest {
  private long nanos;
  private final RecentOffsets recent = new RecentOffsets(() -> nanos);

  private void add(long previous, long... offsets) {
    Segment.Builder segment = Segment.newBuilder().setStream("s").setPrevious(previous);
    for (long offset : offsets) {
      segment.addEvents(
          Event.newBuilder()
              .setOffset(offset)
              .setUser("u")
              .setId("c" + offset)
              .setRegion("far")
              .setRegionOffset(offset + 1)
              .setJson(ByteString.copyFromUtf8("text")));
    }
    recent.add(segment.build());
  }

  @Test
  void eachEventIsReportedWithoutItsText() {
    add(5, 10, 12);
    assertThat(recent.segments())
        .extracting(Segment::getStream, Segment::getPrevious)
        .containsExactly(tuple("s", 5L), tuple("s", 10L));
    assertThat(recent.segments().get(1).getEventsList())
        .containsExactly(
            Event.newBuilder()
                .setOffset(12)
                .setUser("u")
                .setId("c12")
                .setRegion("far")
                .setRegionOffset(13)
                .build());
  }

  @Test
  void theOldestAreForgottenBeyondTheNumber() {
    for (int i = 1; i <= RecentOffsets.EVENTS + 3; i++) {
      add(i - 1, i);
    }
    assertThat(recent.segments()).hasSize(RecentOffsets.EVENTS);
    assertThat(recent.segments().get(0).getPrevious()).isEqualTo(3);
  }

  @Test
  void anEventWhoseIdTheStoreMayForgetIsForgottenBefore() {
    add(0, 1);
    nanos += UnsavedEvents.AGE_NANOS;
    add(1, 2);
    assertThat(recent.segments()).hasSize(2);
    nanos++;
    assertThat(recent.segments()).extracting(s -> s.getEvents(0).getOffset()).containsExactly(2L);
  }
}
