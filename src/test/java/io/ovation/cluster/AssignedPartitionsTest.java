package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.Partitions;
import io.vertx.core.Future;
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
  private final Members cluster = new Members();
  private final AssignedPartitions share =
      new AssignedPartitions(cluster, new PartitionAssignment(cluster, new Partitions(8)));

  private final Set<Integer> all = Set.copyOf(IntStream.range(0, 8).boxed().toList());

  @Test
  void aNodeAloneHasAllAndTwoHaveHalfEach() {
    cluster.set("self");
    assertThat(share.assigned()).isEqualTo(all);
    cluster.set("self", "other");
    assertThat(share.assigned()).hasSize(4);
    cluster.set("other");
    assertThat(share.assigned()).isEmpty();
  }

  @Test
  void theShareIsHandedOverAtOnceAndWhenItChanges(Vertx vertx, VertxTestContext test) {
    List<Set<Integer>> shares = new CopyOnWriteArrayList<>();
    cluster.set("self");
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
          cluster.set("self");
          cluster.set("self", "other");
        });
  }

  @Test
  void aChangeWhoseEventWasLostIsNoticedWithinASecondOrSo(Vertx vertx, VertxTestContext test) {
    cluster.set("self");
    vertx.runOnContext(
        v -> {
          share.follow(
              vertx,
              ours -> {
                if (ours.isEmpty()) {
                  test.completeNow();
                }
              });
          cluster.loseEvents = true;
          cluster.set("other");
        });
  }

  @Test
  void afterCloseNothingIsHandedOver(Vertx vertx, VertxTestContext test) {
    cluster.set("self");
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
          cluster.set("other");
          vertx.setTimer(50, t -> test.completeNow());
        });
  }

  /** A cluster whose members the test sets. */
  private static final class Members implements Cluster {
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile List<Member> members = List.of();
    volatile boolean loseEvents;

    void set(String... ids) {
      members =
          IntStream.range(0, ids.length)
              .mapToObj(i -> new Member(ids[i], Set.of(Role.DISPATCH)))
              .toList();
      // The assignment is the first to listen; only the share's own events get lost.
      listeners.stream().limit(loseEvents ? 1 : listeners.size()).forEach(Runnable::run);
    }

    @Override
    public String self() {
      return "self";
    }

    @Override
    public List<Member> members() {
      return members;
    }

    @Override
    public void onChange(Runnable listener) {
      listeners.add(listener);
    }

    @Override
    public void onMerge(Runnable listener) {}

    @Override
    public Future<Void> announceRole(Role role) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> withdrawRole(Role role) {
      return Future.succeededFuture();
    }

    @Override
    public RegistrationMap registrations() {
      throw new UnsupportedOperationException();
    }
  }
}
