package io.ovation.dispatch;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.Role;
import io.ovation.dispatch.DispatchFixture.DeadLetter;
import io.ovation.queue.Delivery;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.wire.proto.Announce;
import io.ovation.wire.proto.Answer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which partitions are taken and released, and when a failed one is taken again. */
class OwnedPartitionsTest {
  private final DispatchFixture f = new DispatchFixture();
  private final Set<Integer> assigned = new HashSet<>(Set.of(0));
  private final OwnedPartitions owned = new OwnedPartitions(f.context, () -> Set.copyOf(assigned));

  private void take() {
    f.store.take("takePartition").answer(1L);
    f.time.take(Announce.class).get(0).answer(ACCEPTED);
  }

  /** Milliseconds until the partition is taken again. */
  private long untilRetaken() {
    long from = f.time.now();
    while (f.store.waiting("takePartition") == 0 && f.time.now() - from < 60_000) {
      f.time.pass(100);
    }
    return f.time.now() - from;
  }

  @Test
  void thePauseBeforeAFailedPartitionIsTakenAgainGrowsUpToABound() {
    owned.applyShare();
    for (long pause : List.of(500, 1_000, 2_000, 4_000, 8_000, 8_000)) {
      f.store.take("takePartition").timeOut();
      owned.applyShare();
      assertThat(untilRetaken()).isEqualTo(pause);
    }
  }

  @Test
  void afterAPartitionWasHeldForLongThePauseStartsOver() {
    owned.applyShare();
    f.store.take("takePartition").timeOut();
    untilRetaken();
    f.store.take("takePartition").timeOut();
    untilRetaken();
    take();
    f.time.pass(20_001);
    f.consumer("comments").deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").fail(new StaleEpoch(0, 1));
    assertThat(untilRetaken()).isEqualTo(500);
  }

  @Test
  void whenANodeJoinsFailedPartitionsAreTakenAtOnceAndThePauseStartsOver() {
    owned.membersChanged();
    for (int i = 0; i < 5; i++) {
      f.store.take("takePartition").timeOut();
      untilRetaken();
    }
    f.store.take("takePartition").timeOut();
    owned.membersChanged();
    assertThat(f.store.waiting("takePartition")).as("nobody joined").isZero();
    f.cluster.join("returned", Role.DISPATCH);
    owned.membersChanged();
    f.store.take("takePartition").timeOut();
    assertThat(untilRetaken()).isEqualTo(500);
    f.store.take("takePartition").answer(1L);
    f.time.pass(20_000);
    assertThat(f.store.waiting("takePartition")).as("the timer of the failed one").isZero();
  }

  @Test
  void aFailedPartitionThatIsAssignedElsewhereIsNotTakenAgain() {
    owned.applyShare();
    f.store.take("takePartition").timeOut();
    assigned.clear();
    owned.applyShare();
    f.time.pass(10_000);
    assertThat(f.store.waiting("takePartition")).isZero();
    assertThat(owned.all()).isEmpty();
  }

  @Test
  void aPartitionThatIsNoLongerAssignedIsClosed() {
    owned.applyShare();
    take();
    owned.applyShare();
    assertThat(owned.owning()).isEqualTo(1);
    assigned.clear();
    owned.applyShare();
    assertThat(f.closed).containsExactlyInAnyOrder("comments", "reactions");
    assertThat(owned.owning()).isZero();
  }

  @Test
  void whileItStopsNothingIsTakenAndNothingReleasedUntilTheEnd() {
    owned.applyShare();
    take();
    owned.stopTaking();
    assigned.clear();
    owned.applyShare();
    assertThat(f.closed).isEmpty();
    assertThat(owned.close().succeeded()).isTrue();
    assertThat(f.closed).hasSize(2);
  }

  @Test
  void aStoreThatForgotTheEpochIsHealedInOneRound() {
    owned.applyShare();
    f.store.take("takePartition").answer(1L);
    Answer refused = Answer.newBuilder().setAccepted(false).setEpoch(57).build();
    f.time.take(Announce.class).get(0).answer(refused);
    untilRetaken();
    assertThat(f.store.take("takePartition").arguments).containsExactly(0, 58L);
  }

  /** Delivers what is not acked, and answers the store until nothing is left or it failed. */
  private void deliver(List<Delivery> unacked, List<String> stored) {
    int failed = (int) f.metric("ovation_dispatch_failures_total");
    f.consumer("comments").deliver(List.copyOf(unacked));
    while (true) {
      for (DeadLetter letter : f.deadLetters) {
        letter.done().tryComplete();
      }
      unacked.removeIf(item -> !f.acked.isEmpty() && item.tag() <= f.acked.get(f.acked.size() - 1));
      if (unacked.isEmpty()
          || (int) f.metric("ovation_dispatch_failures_total") > failed
          || f.store.waiting("append") == 0) {
        return;
      }
      Call append = f.store.take("append");
      List<Appended> answers = new ArrayList<>();
      for (Append item : append.appends()) {
        boolean known = stored.contains(item.id());
        if (!known) {
          stored.add(item.id());
        }
        long offset = 1 + stored.indexOf(item.id());
        answers.add(new Appended(offset, offset - 1, known));
      }
      append.answer(answers);
    }
  }

  @Test
  void anItemThatFailsItsPartitionEachTimeIsDeadLetteredAndTheOthersAreDeliveredOnce() {
    f.store.breakAppendsOf("bad");
    List<Delivery> unacked = new ArrayList<>();
    for (String id : List.of("c1", "c2", "bad", "c3", "c4")) {
      unacked.add(f.comment("s", id));
    }
    long bad = unacked.get(2).tag();
    List<String> stored = new ArrayList<>();
    owned.applyShare();
    int taken = 0;
    for (; taken < 7 && !unacked.isEmpty(); taken++) {
      take();
      deliver(unacked, stored);
      if (!unacked.isEmpty()) {
        untilRetaken();
      }
    }
    assertThat(unacked).isEmpty();
    assertThat(taken).isLessThan(7);
    assertThat(f.deadLetters).extracting(DeadLetter::tag).containsExactly(bad);
    assertThat(f.deadLetters.get(0).reason()).contains("bad cannot be written");
    assertThat(stored).containsExactly("c1", "c2", "c3", "c4");
  }
}
