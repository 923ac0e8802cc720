package io.ovation.dispatch;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static io.ovation.dispatch.DispatchFixture.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.dispatch.PartitionOwner.State;
import io.ovation.dispatch.comments.FailingItem;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Hole;
import io.ovation.store.Store.Kept;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Counts;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.ovation.wire.proto.Segment;
import io.ovation.wire.proto.StreamViewers;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The life of an ownership: what opens it, what ends it, what is left then. */
class PartitionOwnerTest {
  private final DispatchFixture f = new DispatchFixture();
  private int failed;
  private final PartitionOwner owner =
      new PartitionOwner(f.context, 0, 1, new FailingItem(), e -> failed++);

  private void own() {
    openAnswered(ACCEPTED);
    assertThat(owner.state()).isEqualTo(State.OWNING);
  }

  /** Opens as far as the only node's answer to the announcement. */
  private void openAnswered(Answer answer) {
    owner.open();
    f.store.take("takePartition").answer(7L);
    f.time.take(Announce.class).get(0).answer(answer);
  }

  private Future<Registered> register(String... streams) {
    return owner.register(
        Register.newBuilder().setNode("n1").addAllStreams(List.of(streams)).setAll(true).build());
  }

  @Test
  void nothingIsConsumedBeforeTheNodesKnowTheEpoch() {
    owner.open();
    f.store.take("takePartition").answer(7L);
    List<Sent> announced = f.time.take(Announce.class);
    assertThat(announced).extracting(Sent::address).containsExactly("ovation.supervise.n1");
    assertThat(((Announce) announced.get(0).body()).getEpoch()).isEqualTo(7);
    assertThat(f.consumers).isEmpty();
    assertThat(register("s").failed()).isTrue();
    announced.get(0).answer(ACCEPTED);
    assertThat(f.consumers).containsOnlyKeys("comments", "reactions");
  }

  @Test
  void aNodeThatDoesNotAnswerTheAnnouncementIsSuspended() {
    owner.open();
    f.store.take("takePartition").answer(7L);
    f.time.take(Announce.class).get(0).fail();
    assertThat(owner.state()).isEqualTo(State.OWNING);
    Register one = Register.newBuilder().setNode("n1").addStreams("s").build();
    assertThat(owner.register(one).result().getSuspended()).isTrue();
  }

  @Test
  void aNodeThatKnowsANewerEpochEndsTheOpening() {
    openAnswered(REFUSED);
    assertThat(owner.state()).isEqualTo(State.FAILED);
    assertThat(failed).isEqualTo(1);
    assertThat(f.consumers).isEmpty();
    assertThat(f.metric("ovation_dispatch_stale_total")).isEqualTo(1);
  }

  @Test
  void aNodeThatRegistersAndKnowsANewerEpochEndsTheOwnership() {
    own();
    Register.Builder known = Register.newBuilder().setNode("n2").addStreams("s").setAll(true);
    assertThat(owner.register(known.setEpoch(7).build()).failed()).isFalse();
    assertThat(owner.register(known.setEpoch(8).build()).failed()).isTrue();
    assertThat(owner.state()).isEqualTo(State.FAILED);
    assertThat(failed).isEqualTo(1);
  }

  @Test
  void aStoreThatDoesNotAnswerEndsTheOpening() {
    owner.open();
    f.store.take("takePartition").timeOut();
    assertThat(owner.state()).isEqualTo(State.FAILED);
    assertThat(failed).isEqualTo(1);
  }

  @Test
  void anUnexpectedErrorClosesTheChannelsAndNothingIsAckedAfterIt() {
    own();
    f.store.breakMethod("append");
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
    assertThat(owner.state()).isEqualTo(State.FAILED);
    assertThat(failed).isEqualTo(1);
    assertThat(f.closed).containsExactlyInAnyOrder("comments", "reactions");
    assertThat(f.metric("ovation_dispatch_failures_total")).isEqualTo(1);
    f.consumer("comments").deliver(List.of(f.comment("s", "c2")));
    assertThat(f.acked).isEmpty();
    assertThat(f.deadLetters).isEmpty();
  }

  @Test
  void whatIsPendingWhenItEndsHasNoEffectAfterwards() {
    own();
    Future<Registered> registered = register("s");
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
    owner.close();
    f.store.take("lastOffsets").answer(Map.of("s", 5L));
    f.store.take("append").append(0);
    assertThat(registered.failed()).isTrue();
    assertThat(f.time.take(EventBatch.class)).isEmpty();
    assertThat(f.acked).isEmpty();
  }

  @Test
  void aStaleEpochInTheMiddleOfABatchFailsItOnce() {
    own();
    register("s");
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").append(0);
    f.consumer("comments").deliver(List.of(f.comment("s", "c2")));
    f.store.take("append").fail(new StaleEpoch(0, 7));
    f.time.take(EventBatch.class).get(0).answer(REFUSED);
    assertThat(failed).isEqualTo(1);
    assertThat(f.metric("ovation_dispatch_stale_total")).isEqualTo(1);
  }

  @Test
  void anOwnershipReleasedWhileItOpensNeverBegins() {
    owner.open();
    owner.close();
    f.store.take("takePartition").answer(7L);
    // The epoch may be above the next owner's, from whom nodes would then take nothing.
    assertThat(f.time.take(Announce.class)).isEmpty();
    assertThat(owner.state()).isEqualTo(State.CLOSED);
    assertThat(f.consumers).isEmpty();
    assertThat(failed).isZero();
  }

  @Test
  void anEndedOwnershipNeverBeginsAgain() {
    own();
    owner.close();
    assertThatThrownBy(() -> owner.transitionTo(State.OWNING))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("partition 0 cannot go from CLOSED to OWNING");
    assertThat(State.FAILED.next()).isEqualTo(Set.of(State.CLOSED));
    assertThat(owner.close().succeeded()).isTrue();
  }

  @Test
  void aMemberThatLeftIsNoLongerWaitedFor() {
    own();
    owner.register(Register.newBuilder().setNode("gone").addStreams("s").setAll(true).build());
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").append(0);
    assertThat(f.acked).isEmpty();
    owner.membersChanged(Set.of("n1"));
    assertThat(f.acked).containsExactly(1L);
  }

  @Test
  void theBusiestStreamsAreReportedWithTheEventsSentToThem() {
    own();
    register("s", "quiet");
    Counts counts =
        Counts.newBuilder().setNode("n1").putViewers("s", 3).putViewers("quiet", 9).build();
    owner.runOnStates(states -> states.count(counts));
    f.consumer("comments").deliver(List.of(f.comment("s", "c1"), f.comment("s", "c2")));
    f.store.take("append").append(0);
    f.consumer("comments").deliver(List.of(f.comment("s", "c2")));
    assertThat(owner.status(10).getBusiestList())
        .containsExactlyInAnyOrder(
            StreamViewers.newBuilder().setStream("s").setViewers(3).setEvents(2).build(),
            StreamViewers.newBuilder().setStream("quiet").setViewers(9).build());
    assertThat(owner.status(1).getBusiestList())
        .extracting(StreamViewers::getStream)
        .containsExactly("quiet");
  }

  @Test
  void whatNodesReceivedWithoutTheStoreIsWrittenBeforeANewComment() {
    openAnswered(
        Answer.newBuilder()
            .setAccepted(true)
            .addUnsaved(
                Segment.newBuilder()
                    .setStream("s")
                    .setPrevious(5)
                    .addEvents(EventJson.event("u", "early", new byte[1], 6)))
            .putLast("s", 9)
            .build());
    assertThat(f.consumers).isEmpty();
    f.store.take("lastOffsets").answer(Map.of("s", 5L));
    f.consumer("comments").deliver(List.of(f.comment("s", "early"), f.comment("s", "c1")));
    assertThat(f.store.take("appendHoles").arguments).endsWith(Map.of("s", new Hole(7, 9)));
  }

  /** The store lost what viewers had seen, and a dead owner appended to it without an answer. */
  @Test
  void whatTheStoreLostBeforeADeadOwnersLastAppendIsAHole() {
    takenOverAfter(500, 600);
    f.store.take("append").answer(List.of(new Appended(600, 0, true)));
    assertThat(f.store.take("appendHoles").arguments).endsWith(Map.of("s", new Hole(1, 500)));
    assertThat(f.metric("ovation_dispatch_store_losses_total")).isEqualTo(1);
  }

  @Test
  void aDeadOwnersLastAppendToAStoreThatLostNothingIsNoHole() {
    takenOverAfter(500, 600);
    f.store.take("append").answer(List.of(new Appended(600, 500, true)));
    assertThat(f.store.waiting("appendHoles")).isZero();
    assertThat(f.metric("ovation_dispatch_store_losses_total")).isZero();
  }

  /** A node that the earlier owner had suspended lacks what viewers of others have seen. */
  @Test
  void whatANewOwnerSendsWithoutTheStoreFollowsWhatViewersOfAnyNodeHaveSeen() {
    takenOverAfter(500, 500);
    register("s");
    f.context.storeHealth().declareUnavailable();
    EventBatch batch = (EventBatch) f.time.next(EventBatch.class).body();
    Segment sent = batch.getSegments(0);
    assertThat(sent.getPrevious()).isEqualTo(500);
    assertThat(sent.getEvents(0).getOffset()).isGreaterThan(500);
  }

  /** A node that has just started lacks it, and its viewers resumed after it. */
  @Test
  void whatAnEarlierOwnerDidNotAckKeepsItsOffsetWhileTheStoreIsAway() {
    openAnswered(
        Answer.newBuilder()
            .setAccepted(true)
            .putLast("s", 500)
            .addRecent(
                Segment.newBuilder()
                    .setStream("s")
                    .setPrevious(490)
                    .addEvents(Event.newBuilder().setUser("u").setId("c1").setOffset(500)))
            .build());
    f.store.take("lastOffsets").answer(Map.of("s", 500L));
    register("s");
    f.consumer("comments").deliver(List.of(f.comment("s", "c1"), f.comment("s", "c2")));
    f.context.storeHealth().declareUnavailable();
    EventBatch batch = (EventBatch) f.time.next(EventBatch.class).body();
    Segment sent = batch.getSegments(0);
    assertThat(sent.getPrevious()).isEqualTo(490);
    assertThat(sent.getEvents(0).getOffset()).isEqualTo(500);
    assertThat(sent.getEvents(1).getOffset()).isGreaterThan(500);
  }

  /** A viewer that has resumed meanwhile has read it from history. */
  @Test
  void whatADeadOwnerAppendedAndDidNotSendKeepsItsOffsetWhileTheStoreIsAway() {
    takenOverAfter(500, 600);
    register("s");
    f.context.storeHealth().declareUnavailable();
    Segment sent = ((EventBatch) f.time.next(EventBatch.class).body()).getSegments(0);
    assertThat(sent.getPrevious()).isEqualTo(500);
    assertThat(sent.getEvents(0).getOffset()).isEqualTo(600);
  }

  private void takenOverAfter(long seenByViewers, long stored) {
    openAnswered(Answer.newBuilder().setAccepted(true).putLast("s", seenByViewers).build());
    f.store.take("lastOffsets").answer(Map.of("s", stored));
    if (stored > seenByViewers) {
      Kept unsent = new Kept(stored, stored, "u", "c1", new byte[2]);
      f.store.take("history").answer(new History(List.of(unsent), true, false));
    }
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
  }
}
