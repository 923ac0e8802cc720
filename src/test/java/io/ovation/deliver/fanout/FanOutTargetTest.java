package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.events;
import static io.ovation.deliver.fanout.FanOutScene.gap;
import static io.ovation.deliver.fanout.FanOutScene.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.deliver.FakeViewer;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FanOutTargetTest {
  private final FanOutScene scene = new FanOutScene(100);
  private final StreamRoom room = scene.room("s1");
  private final FakeViewer viewer = scene.viewer(room);

  private void publish(long... offsets) {
    scene.publish(room, offsets);
    scene.run();
  }

  private void replay(@Nullable Gap gap, long to, long... offsets) {
    viewer.deliverReplay(new Replay("s1", gap, List.of(), List.of(), to), events(offsets));
  }

  private void viewersAre(String json) {
    room.update(state(StateUpdate.Kind.VIEWERS, json));
    scene.scheduler.addStates(room);
    scene.advance(FanOutScheduler.STATES_MS);
  }

  @Test
  void aFullViewerSkipsEventsAndGetsOneGapWhenItIsWritable() {
    publish(1);
    viewer.full = true;
    publish(2, 3);
    publish(4);
    assertThat(viewer.sent).containsExactly("e1");
    viewer.drained(0);
    assertThat(viewer.sent).containsExactly("e1", gap(2, 4));
    publish(5);
    assertThat(viewer.sent).containsExactly("e1", gap(2, 4), "e5");
    assertThat(scene.metrics.slow.count()).isEqualTo(1);
    assertThat(scene.metrics.skipped.count()).isEqualTo(3);
  }

  @Test
  void aSlowViewerGetsTheNewestStateOnlyOnceItHasCaughtUp() {
    viewer.nearlyFull = true;
    viewersAre("5 viewers");
    viewersAre("6 viewers");
    viewersAre("7 viewers");
    assertThat(viewer.sent).isEmpty();
    viewer.drained(0);
    assertThat(viewer.sent).containsExactly("7 viewers");
    assertThat(scene.metrics.conflated.count()).isEqualTo(2);
  }

  @Test
  void aReplayIsFollowedByWhatArrivedMeanwhileWithoutDuplicates() {
    room.open(3);
    viewer.startAt(1, 0);
    viewer.awaitReplay(0, 1_000);
    publish(4);
    publish(5);
    assertThat(viewer.sent).isEmpty();
    replay(null, 4, 2, 3, 4);
    publish(6);
    assertThat(viewer.sent).containsExactly("e2", "e3", "e4", "e5", "e6");
  }

  @Test
  void aGapInFrontOfAReplayIsSentFirst() {
    viewer.startAt(1, 0);
    viewer.awaitReplay(0, 1_000);
    replay(new Gap(2, 7), 9, 8, 9);
    assertThat(viewer.sent).containsExactly(gap(2, 7), "e8", "e9");
  }

  @Test
  void whatArrivesBeyondTheLimitDuringAReplayBecomesAGap() {
    room.open(3);
    viewer.startAt(1, 0);
    viewer.awaitReplay(0, 4);
    publish(4, 5);
    publish(6);
    assertThat(viewer.sent).containsExactly(gap(2, 6));
    replay(null, 5, 2, 3, 4, 5);
    publish(7);
    assertThat(viewer.sent).containsExactly(gap(2, 6), "e7");
  }

  @Test
  void aViewerThatIsFullDuringAReplayGoesOnWhenItIsWritable() {
    viewer.startAt(1, 0);
    viewer.awaitReplay(0, 1_000);
    viewer.full = true;
    replay(null, 3, 2, 3);
    publish(4);
    assertThat(viewer.sent).isEmpty();
    viewer.drained(0);
    assertThat(viewer.sent).containsExactly("e2", "e3", "e4");
  }

  @Test
  void statesWaitUntilTheReplayIsSent() {
    viewer.startAt(1, room.batchNumber());
    viewer.awaitReplay(0, 1_000);
    viewersAre("5 viewers");
    replay(null, 2, 2);
    assertThat(viewer.sent).containsExactly("e2", "5 viewers");
  }

  @Test
  void aReplayWhoseWriteFailsBecomesAGap() {
    viewer.startAt(1, 0);
    viewer.awaitReplay(0, 1_000);
    viewer.failure = () -> new OutOfMemoryError("no direct memory");
    assertThatThrownBy(() -> replay(null, 3, 2, 3)).isInstanceOf(OutOfMemoryError.class);
    viewer.failure = null;
    room.open(3);
    publish(4);
    assertThat(viewer.sent).containsExactly(gap(2, 3), "e4");
  }

  @Test
  void onlyTheNewestReplayRequestIsOpen() {
    FanOutTarget.ReplayRequest first = viewer.awaitReplay(0, 1_000);
    FanOutTarget.ReplayRequest second = viewer.awaitReplay(0, 1_000);
    assertThat(viewer.replayRequest()).isSameAs(second).isNotSameAs(first);
    viewer.startAt(0, 0);
    assertThat(viewer.replayRequest()).isNull();
  }
}
