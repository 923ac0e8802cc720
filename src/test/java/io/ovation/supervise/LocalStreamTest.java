package io.ovation.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RecordingShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalStreamTest {
  private final LocalStream stream = new LocalStream("s", 0, 10, () -> 0);
  private final RecordingShard shard = new RecordingShard();
  private final List<String> ran = new ArrayList<>();

  private static List<Event> events(long... offsets) {
    Segment segment = SupervisorFixture.segment("s", 0, offsets);
    return segment.getEventsList();
  }

  private void open() {
    stream.shards.add(shard);
    stream.openAt(100);
  }

  @Test
  void aSecondOffsetOfAnIdIsNotDelivered() {
    open();
    stream.deliver(events(110));
    stream.deliver(List.of(events(110).get(0).toBuilder().setOffset(120).build()));
    assertThat(shard.ids()).containsExactly("id110");
    assertThat(stream.last()).isEqualTo(120);
  }

  @Test
  void aGapIsSentOnceAndOnlyForMissingOffsets() {
    open();
    stream.gap(90);
    stream.gap(150);
    stream.gap(140);
    assertThat(shard.all(RecordingShard.Lost.class))
        .containsExactly(new RecordingShard.Lost("s", 101, 150));
  }

  @Test
  void tasksWaitUntilTheStreamIsOpenAndKeepTheirOrder() {
    stream.whenReady(
        () -> {
          ran.add("first");
          stream.whenReady(() -> ran.add("nested"));
        });
    stream.whenReady(
        () -> {
          ran.add("second");
          stream.beginFilling();
        });
    stream.whenReady(() -> ran.add("third"));
    assertThat(ran).isEmpty();
    open();
    assertThat(ran).containsExactly("first", "second");
    stream.whenReady(() -> ran.add("fourth"));
    stream.endFilling();
    assertThat(ran).containsExactly("first", "second", "third", "nested", "fourth");
  }

  @Test
  void tasksOfAStreamThatEndsRunAndFindItEnded() {
    stream.whenReady(() -> ran.add("ended: " + stream.ended()));
    stream.end();
    assertThat(ran).containsExactly("ended: true");
  }
}
