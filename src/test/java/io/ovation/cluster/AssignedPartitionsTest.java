package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.Partitions;
import io.ovation.testkit.FakeCluster;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class AssignedPartitionsTest {
  private final FakeCluster cluster = new FakeCluster("self");
  private final AssignedPartitions share =
      new AssignedPartitions(cluster, new PartitionAssignment(cluster, new Partitions(8)));

  private final Set<Integer> all = Set.copyOf(IntStream.range(0, 8).boxed().toList());

  @Test
  void aNodeAloneHasAllAndTwoHaveHalfEach() {
    cluster.setMembers("self");
    assertThat(share.assigned()).isEqualTo(all);
    cluster.setMembers("self", "other");
    assertThat(share.assigned()).hasSize(4);
    cluster.setMembers("other");
    assertThat(share.assigned()).isEmpty();
  }

  @Test
  void theShareIsHandedOverAtOnceAndWhenItChanges(Vertx vertx, VertxTestContext test) {
    List<Set<Integer>> shares = new CopyOnWriteArrayList<>();
    cluster.setMembers("self");
    vertx.runOnContext(
        v -> {
          share.follow(
              vertx,
              ours -> {
                shares.add(ours);
                if (shares.size() == 2) {
                  test.verify(
                      () -> {
                        assertThat(shares.get(0)).isEqualTo(all);
                        assertThat(ours).hasSize(4).isEqualTo(share.held());
                        assertThat(Vertx.currentContext()).isNotNull();
                      });
                  test.completeNow();
                }
              });
          cluster.setMembers("self");
          cluster.setMembers("self", "other");
        });
  }

  @Test
  void aChangeWhoseEventWasLostIsNoticedWithinASecondOrSo(Vertx vertx, VertxTestContext test) {
    cluster.setMembers("self");
    vertx.runOnContext(
        v -> {
          share.follow(
              vertx,
              ours -> {
                if (ours.isEmpty()) {
                  test.completeNow();
                }
              });
          // The assignment is the first to listen; only the event of the share gets lost.
          cluster.losesEvents = true;
          cluster.setMembers("other");
        });
  }

  @Test
  void afterCloseNothingIsHandedOver(Vertx vertx, VertxTestContext test) {
    cluster.setMembers("self");
    vertx.runOnContext(
        v -> {
          share.follow(
              vertx,
              ours -> {
                if (ours.isEmpty()) {
                  test.failNow("the share was handed over after close");
                }
              });
          share.close();
          cluster.setMembers("other");
          vertx.setTimer(50, t -> test.completeNow());
        });
  }
}
