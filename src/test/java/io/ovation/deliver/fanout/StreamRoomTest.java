package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.events;
import static io.ovation.deliver.fanout.FanOutScene.gap;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.FakeViewer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StreamRoomTest {
  /** An event is two bytes: four fit a batch, and more than five do not fit what may wait. */
  private final FanOutScene scene = new FanOutScene(FakeViewer.settings(100, 8, 10));

  private final StreamRoom room = scene.room("s1");
  private final FanOutStats stats = new FanOutStats(scene.metrics);

  private int advance(int budget) {
    return room.advance(budget, ByteBufAllocator.DEFAULT, stats);
  }

  private void drain() {
    while (room.hasWork()) {
      advance(100);
    }
  }

  @Test
  void viewersThatJoinDuringAFanOutGetOnlyWhatFollows() {
    List<FakeViewer> viewers = scene.viewers(room, 2);
    room.add(events(1));
    assertThat(advance(1)).isEqualTo(1);
    FakeViewer late = scene.viewer(room);
    drain();
    room.add(events(2));
    drain();
    assertThat(viewers).allMatch(viewer -> viewer.sent.equals(List.of("e1", "e2")));
    assertThat(late.sent).containsExactly("e2");
  }

  /** Whoever leaves, and whenever: the others get everything once. */
  @Test
  void viewersThatLeaveDuringAFanOutLeaveNobodyOut() {
    for (int served = 0; served <= 5; served++) {
      for (int leaves = 0; leaves < 5; leaves++) {
        StreamRoom crowd = scene.room("s1");
        List<FakeViewer> viewers = new ArrayList<>(scene.viewers(crowd, 5));
        crowd.add(events(1));
        for (int i = 0; i < served; i++) {
          crowd.advance(1, ByteBufAllocator.DEFAULT, stats);
        }
        crowd.remove(viewers.remove(leaves));
        while (crowd.hasWork()) {
          crowd.advance(1, ByteBufAllocator.DEFAULT, stats);
        }
        assertThat(viewers)
            .as("%d left after %d were served", leaves, served)
            .allMatch(viewer -> viewer.sent.equals(List.of("e1")));
      }
    }
  }

  @Test
  void aBatchIsBoundedAndTheRestFollows() {
    FakeViewer viewer = scene.viewer(room);
    room.add(events(1, 2, 3, 4, 5));
    advance(100);
    assertThat(viewer.sent).containsExactly("e1", "e2", "e3", "e4");
    advance(100);
    assertThat(viewer.sent).containsExactly("e1", "e2", "e3", "e4", "e5");
    assertThat(room.hasWork()).isFalse();
  }

  @Test
  void aBatchIsTimedOnceHoweverManyViewersItHas() {
    scene.viewers(room, 50);
    long accepted = System.currentTimeMillis() - 3_000;
    room.add(List.of(new OutboundMessage(1, 1, ByteString.copyFromUtf8("e1"), null, accepted)));
    drain();
    assertThat(scene.timer("ovation.deliver.write").count()).isEqualTo(1);
    assertThat(scene.timer("ovation.deliver.latency").count()).isEqualTo(1);
    assertThat(scene.timer("ovation.deliver.latency").totalTime(TimeUnit.SECONDS))
        .isBetween(3.0, 60.0);
  }

  @Test
  void eventsFromHistoryHaveNoLatency() {
    scene.viewer(room);
    room.add(events(1));
    drain();
    assertThat(scene.timer("ovation.deliver.write").count()).isEqualTo(1);
    assertThat(scene.timer("ovation.deliver.latency").count()).isZero();
  }

  @Test
  void eventsThatWereAddedBeforeAreIgnored() {
    FakeViewer viewer = scene.viewer(room);
    room.add(events(1, 2));
    room.add(events(2, 3));
    drain();
    assertThat(viewer.sent).containsExactly("e1", "e2", "e3");
    assertThat(room.last()).isEqualTo(3);
  }

  @Test
  void eventsBeyondWhatMayWaitBecomeOneGapFromTheFirstLost() {
    FakeViewer viewer = scene.viewer(room);
    room.add(events(1, 2, 3, 4, 5, 6));
    room.add(events(7));
    room.add(events(8, 9));
    drain();
    assertThat(scene.metrics.overflows.count()).isEqualTo(3);
    assertThat(viewer.sent).containsExactly(gap(1, 9));
  }

  @Test
  void aRoomWithoutViewersCostsATurnToo() {
    room.add(events(1));
    assertThat(advance(100)).isEqualTo(1);
    assertThat(room.hasWork()).isFalse();
  }

  @Test
  void aDroppedRoomHasNoWork() {
    scene.viewers(room, 2);
    room.add(events(1, 2, 3, 4, 5));
    advance(1);
    room.drop();
    assertThat(room.hasWork()).isFalse();
  }

  @Test
  void eachVisitsAllWhileTheActionRemoves() {
    List<FakeViewer> viewers = scene.viewers(room, 5);
    List<Object> visited = new ArrayList<>();
    room.each(
        viewer -> {
          visited.add(viewer);
          room.remove(viewer);
        });
    assertThat(visited).containsExactlyInAnyOrderElementsOf(viewers);
    assertThat(room.size()).isZero();
  }
}
