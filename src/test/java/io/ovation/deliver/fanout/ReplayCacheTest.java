package io.ovation.deliver.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.deliver.FakeSubscriptions;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.wire.proto.Event;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReplayCacheTest {
  private static final List<Event> EVENTS =
      LongStream.of(10, 20, 30, 40)
          .mapToObj(o -> FakeSubscriptions.event("s", "text", o, 0))
          .toList();

  private static Replay replay(List<Event> events, Gap... holes) {
    return new Replay("s", null, events, List.of(holes), 40);
  }

  private static List<Long> offsets(List<OutboundMessage> items) {
    return items.stream().map(OutboundMessage::offset).toList();
  }

  @Test
  void holesStandBetweenTheEventsAroundThem() {
    List<OutboundMessage> items =
        new ReplayCache().messages(replay(EVENTS, new Gap(1, 5), new Gap(21, 25), new Gap(41, 50)));
    assertThat(offsets(items)).containsExactly(5L, 10L, 20L, 25L, 30L, 40L, 50L);
    assertThat(items.get(3).json().toStringUtf8())
        .isEqualTo("{\"type\":\"gap\",\"from\":21,\"to\":25}");
  }

  @Test
  void viewersWhoMissedTheSameShareIt() {
    ReplayCache encodedReplays = new ReplayCache();
    List<OutboundMessage> first = encodedReplays.messages(replay(EVENTS));
    assertThat(encodedReplays.messages(replay(EVENTS))).isSameAs(first);
    assertThat(encodedReplays.messages(replay(EVENTS, new Gap(1, 5)))).isNotSameAs(first);
    assertThat(offsets(encodedReplays.messages(replay(EVENTS.subList(2, 4)))))
        .containsExactly(30L, 40L);
    encodedReplays.clear();
    assertThat(encodedReplays.messages(replay(EVENTS))).isEqualTo(first);
  }

  @Test
  void backlogGivesWhatWasMissedThenWhatCameMeanwhile() {
    CatchUpBuffer catchUp = new CatchUpBuffer(1_000);
    List<OutboundMessage> missed = new ReplayCache().messages(replay(EVENTS));
    assertThat(catchUp.isComplete()).isFalse();
    catchUp.complete(missed, 40);
    assertThat(catchUp.isEmpty()).isFalse();
    assertThat(offsets(catchUp.take(10))).containsExactly(20L, 30L, 40L);
    assertThat(catchUp.isEmpty()).isTrue();
    assertThat(missed).as("shared with others").hasSize(4);
  }
}
