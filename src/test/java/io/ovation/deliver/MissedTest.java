package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.bus.Shard.Gap;
import io.ovation.bus.Shard.Replay;
import io.ovation.bus.proto.Event;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MissedTest {
  private static final List<Event> EVENTS =
      LongStream.of(10, 20, 30, 40).mapToObj(o -> TestDesk.event("s", "text", o, 0)).toList();

  private static Replay replay(List<Event> events, Gap... holes) {
    return new Replay("s", null, events, List.of(holes), 40);
  }

  private static List<Long> offsets(List<Item> items) {
    return items.stream().map(Item::offset).toList();
  }

  @Test
  void holesStandBetweenTheEventsAroundThem() {
    List<Item> items =
        new Missed().of(replay(EVENTS, new Gap(1, 5), new Gap(21, 25), new Gap(41, 50)));
    assertThat(offsets(items)).containsExactly(5L, 10L, 20L, 25L, 30L, 40L, 50L);
    assertThat(items.get(3).json().toStringUtf8())
        .isEqualTo("{\"type\":\"gap\",\"from\":21,\"to\":25}");
  }

  @Test
  void viewersWhoMissedTheSameShareIt() {
    Missed missed = new Missed();
    List<Item> first = missed.of(replay(EVENTS));
    assertThat(missed.of(replay(EVENTS))).isSameAs(first);
    assertThat(missed.of(replay(EVENTS, new Gap(1, 5)))).isNotSameAs(first);
    assertThat(offsets(missed.of(replay(EVENTS.subList(2, 4))))).containsExactly(30L, 40L);
    missed.forget();
    assertThat(missed.of(replay(EVENTS))).isEqualTo(first);
  }

  @Test
  void backlogGivesWhatWasMissedThenWhatCameMeanwhile() {
    Backlog backlog = new Backlog(1_000);
    List<Item> missed = new Missed().of(replay(EVENTS));
    assertThat(backlog.answered()).isFalse();
    backlog.answer(missed, 40);
    assertThat(backlog.isEmpty()).isFalse();
    assertThat(offsets(backlog.take(10))).containsExactly(20L, 30L, 40L);
    assertThat(backlog.isEmpty()).isTrue();
    assertThat(missed).as("shared with others").hasSize(4);
  }
}
