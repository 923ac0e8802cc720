package io.ovation.deliver.fanout;

import static io.ovation.deliver.fanout.FanOutScene.gap;
import static io.ovation.deliver.fanout.FanOutScene.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.deliver.FakeViewer;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import org.junit.jupiter.api.Test;

class FanOutSchedulerTest {
  private final FanOutScene scene = new FanOutScene(3);
  private final StreamRoom room = scene.room("s1");

  private static AssertionError broken() {
    return new AssertionError("the connection is broken");
  }

  private static OutOfMemoryError outOfMemory() {
    return new OutOfMemoryError("no direct memory");
  }

  @Test
  void messagesThatArriveBeforeTheTurnAreWrittenTogether() {
    FakeViewer viewer = scene.viewer(room);
    scene.publish(room, 1);
    scene.publish(room, 2, 3);
    assertThat(viewer.sent).isEmpty();
    scene.run();
    assertThat(viewer.sent).containsExactly("e1", "e2", "e3");
    assertThat(viewer.writes).isEqualTo(1);
  }

  @Test
  void aTurnServesABoundedNumberOfViewersAndTheNextOnesTheRest() {
    List<FakeViewer> viewers = scene.viewers(room, 7);
    scene.publish(room, 1);
    scene.run();
    assertThat(viewers).allMatch(viewer -> viewer.sent.equals(List.of("e1")));
    assertThat(scene.metrics.turns.count()).isEqualTo(3);
    assertThat(scene.metrics.passes.count()).isEqualTo(1);
    assertThat(scene.metrics.deliveries.count()).isEqualTo(7);
  }

  @Test
  void roomsTakeTurns() {
    StreamRoom small = scene.room("s2");
    scene.viewers(room, 9);
    FakeViewer other = scene.viewer(small);
    scene.publish(room, 1);
    scene.publish(small, 1);
    scene.run();
    assertThat(other.sent).containsExactly("e1");
  }

  @Test
  void statesWaitForTheNextEvent() {
    FakeViewer viewer = scene.viewer(room);
    room.update(state(StateUpdate.Kind.STATUS, "live"));
    scene.scheduler.addStates(room);
    scene.advance(FanOutScheduler.STATES_MS / 2);
    assertThat(viewer.sent).isEmpty();
    scene.publish(room, 1);
    scene.run();
    assertThat(viewer.sent).containsExactly("e1", "live");
    assertThat(viewer.writes).isEqualTo(1);
    scene.advance(FanOutScheduler.STATES_MS);
    assertThat(viewer.writes).isEqualTo(1);
  }

  @Test
  void statesAreSentAloneWhenNoEventComes() {
    FakeViewer viewer = scene.viewer(room);
    room.update(state(StateUpdate.Kind.STATUS, "dark"));
    room.update(state(StateUpdate.Kind.STATUS, "live"));
    scene.scheduler.addStates(room);
    scene.advance(FanOutScheduler.STATES_MS);
    assertThat(viewer.sent).containsExactly("live");
  }

  @Test
  void aFailedBatchBecomesAGapForThoseThatDidNotGetIt() {
    List<FakeViewer> viewers = scene.viewers(room, 3);
    viewers.get(1).failure = FanOutSchedulerTest::broken;
    scene.publish(room, 1, 2);
    scene.run();
    assertThat(viewers.get(2).sent).containsExactly("e1", "e2");
    assertThat(viewers.get(1).aborted).isTrue();
    room.remove(viewers.get(1));
    scene.advance(FanOutScheduler.RETRY_MS);
    assertThat(viewers.get(0).sent).containsExactly(gap(1, 2));
    scene.publish(room, 3);
    scene.run();
    assertThat(viewers.get(0).sent).containsExactly(gap(1, 2), "e3");
    assertThat(viewers.get(2).sent).containsExactly("e1", "e2", "e3");
  }

  @Test
  void aFailureInOneRoomDoesNotStopTheOthers() {
    StreamRoom other = scene.room("s2");
    FakeViewer viewer = scene.viewer(other);
    scene.viewer(room).failure = FanOutSchedulerTest::broken;
    scene.publish(room, 1);
    scene.publish(other, 1);
    scene.run();
    assertThat(viewer.sent).containsExactly("e1");
    scene.publish(other, 2);
    scene.run();
    assertThat(viewer.sent).containsExactly("e1", "e2");
  }

  @Test
  void statesOfAFailedBatchAreSentAgain() {
    List<FakeViewer> viewers = scene.viewers(room, 2);
    viewers.get(1).failure = FanOutSchedulerTest::outOfMemory;
    room.update(state(StateUpdate.Kind.STATUS, "live"));
    scene.publish(room, 1);
    scene.run();
    viewers.get(1).failure = null;
    scene.advance(FanOutScheduler.RETRY_MS);
    assertThat(viewers)
        .allSatisfy(viewer -> assertThat(viewer.sent).containsExactly(gap(1, 1), "live"));
  }

  @Test
  void lackOfMemoryDisconnectsNobodyAndIsRetriedAfterAPause() {
    FakeViewer viewer = scene.viewer(room);
    int[] attempts = {0};
    viewer.failure =
        () -> {
          attempts[0]++;
          return outOfMemory();
        };
    scene.publish(room, 1);
    scene.advance(10 * FanOutScheduler.RETRY_MS);
    assertThat(attempts[0]).isBetween(5, 11);
    assertThat(viewer.aborted).isFalse();
    viewer.failure = null;
    scene.publish(room, 2);
    scene.run();
    assertThat(viewer.sent).containsExactly(gap(1, 1), "e2");
  }
}
