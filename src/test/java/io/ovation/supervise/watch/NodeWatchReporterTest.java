package io.ovation.supervise.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.UserAssignment;
import io.ovation.metrics.Metrics;
import io.ovation.stage.StreamSubscriptions.WatchChange;
import io.ovation.supervise.SupervisorFixture;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.RecordingShard;
import io.ovation.testkit.VirtualVertx;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class NodeWatchReporterTest {
  private static final Watched ALL_TAKEN = Watched.getDefaultInstance();
  private final VirtualVertx virtual = new VirtualVertx();
  private final FakeCluster cluster = new FakeCluster("here").setMembers("owner");
  private final RecordingShard shard = new RecordingShard();
  private final NodeWatchReporter reporter =
      new NodeWatchReporter(
          SupervisorFixture.context(virtual, cluster, new Metrics()), new UserAssignment(cluster));

  private void watch(long... connections) {
    reporter.watching(
        shard,
        LongStream.of(connections)
            .mapToObj(c -> new WatchChange(c, "user" + c, "s", virtual.nanoTime()))
            .toList());
  }

  private static List<Long> connections(Sent sent) {
    return ((Watches) sent.body()).getWatchesList().stream().map(Watch::getConnection).toList();
  }

  private Sent sent() {
    reporter.tick();
    return virtual.next(Watches.class);
  }

  @Test
  void changesAreCollectedAndOneMessageIsUnansweredAtATime() {
    watch(1, 2);
    watch(3);
    Sent first = sent();
    assertThat(connections(first)).containsExactly(1L, 2L, 3L);
    watch(4);
    reporter.tick();
    assertThat(virtual.sent()).isEmpty();
    first.answer(ALL_TAKEN);
    assertThat(connections(sent())).containsExactly(4L);
  }

  @Test
  void anUnansweredMessageIsSentAgainBeforeLaterChanges() {
    watch(1, 2);
    Sent first = sent();
    watch(3);
    first.fail();
    assertThat(connections(sent())).containsExactly(1L, 2L, 3L);
  }

  @Test
  void theAgeOfAWatchGrowsWhileItWaits() {
    watch(1);
    virtual.pass(70);
    assertThat(((Watches) sent().body()).getWatches(0).getAge()).isEqualTo(70_000_000);
  }

  @Test
  void refusedWatchesAreSentAgainLater() {
    watch(1, 2, 3);
    sent().answer(Watched.newBuilder().addRefused(1).build());
    reporter.tick();
    assertThat(virtual.sent()).isEmpty();
    virtual.pass(300);
    assertThat(connections(sent())).containsExactly(2L);
  }

  @Test
  void whenTheOwnersChangeWaitingWatchesMoveAndShardsReportAgain() {
    cluster.setMembers();
    reporter.membersChanged();
    watch(1);
    reporter.tick();
    assertThat(virtual.sent()).as("no node owns users").isEmpty();
    cluster.setMembers("second");
    reporter.membersChanged();
    Sent sent = sent();
    assertThat(sent.address()).isEqualTo("ovation.supervise.second");
    assertThat(connections(sent)).containsExactly(1L);
    assertThat(shard.all(RecordingShard.Again.class)).hasSize(1);
    reporter.membersChanged();
    assertThat(shard.all(RecordingShard.Again.class)).as("nothing changed").hasSize(1);
  }

  @Test
  void shardsReceiveTheConnectionsToClose() {
    watch(1);
    reporter.elsewhere(List.of(1L, 2L));
    assertThat(shard.said()).containsExactly(new RecordingShard.Elsewhere("", Set.of(1L, 2L)));
  }
}
