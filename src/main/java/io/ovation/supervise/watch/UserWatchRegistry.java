package io.ovation.supervise.watch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.UserOwners;
import io.ovation.supervise.SupervisorMetrics;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps a share of the cluster's users, and tells a node which of its connections must end because
 * their users watch another stream now. On the supervisor's context.
 */
public final class UserWatchRegistry {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(1_000);

  /** A node that does not answer so often is dead, or has other troubles than a second stream. */
  private static final int TRIES = 5;

  /** Buckets of the table looked at in one turn of the loop. */
  private static final int SLICE = 10_000;

  private final Vertx vertx;
  private final Context context;
  private final Cluster cluster;
  private final UserOwners userOwners;
  private final SupervisorMetrics meters;
  private final UserWatchTable table = new UserWatchTable();

  private final Map<String, ClockOffset> nodes = new HashMap<>();

  private int sweeps;

  public UserWatchRegistry(
      Vertx vertx,
      Context context,
      Cluster cluster,
      UserOwners userOwners,
      SupervisorMetrics meters) {
    this.vertx = vertx;
    this.context = context;
    this.cluster = cluster;
    this.userOwners = userOwners;
    this.meters = meters;
  }

  public int size() {
    return table.size();
  }

  public void take(Watches watches, Message<?> message) {
    ClockOffset node = nodes.computeIfAbsent(watches.getNode(), ClockOffset::new);
    node.heard(watches.getSent(), System.nanoTime());
    Watched.Builder answer = Watched.newBuilder();
    Map<String, Elsewhere.Builder> gone = new HashMap<>();
    for (int i = 0; i < watches.getWatchesCount(); i++) {
      Watch watch = watches.getWatches(i);
      if (!cluster.self().equals(userOwners.of(watch.getUserLow()))) {
        answer.addRefused(i);
      } else {
        take(watch, node, watches.getSent() - watch.getAge(), gone);
      }
    }
    message.reply(answer.build());
    gone.forEach((to, connections) -> tell(to, connections.build(), TRIES));
  }

  private void take(
      Watch watch, ClockOffset node, long began, Map<String, Elsewhere.Builder> gone) {
    HashedName user = new HashedName(watch.getUserHigh(), watch.getUserLow());
    if (watch.getEnded()) {
      table.ended(user, node, watch.getConnection());
      return;
    }
    UserWatchTable.Seat seat =
        new UserWatchTable.Seat(user, watch.getStream(), node, watch.getConnection(), began);
    for (UserWatchTable.Seat loser : table.began(seat)) {
      meters.elsewhere.increment();
      gone.computeIfAbsent(loser.node.id, n -> Elsewhere.newBuilder())
          .addConnections(loser.connection);
    }
  }

  private void tell(String node, Elsewhere elsewhere, int tries) {
    vertx
        .eventBus()
        .request(Addresses.supervise(node), elsewhere, TIMEOUT)
        .onFailure(
            e -> {
              if (tries > 1 && live().contains(node)) {
                vertx.setTimer(TIMEOUT.getSendTimeout(), t -> tell(node, elsewhere, tries - 1));
              }
            });
  }

  /** What nodes that left had, and what others keep now, is forgotten, a slice at a time. */
  public void membersChanged() {
    Set<String> live = live();
    nodes.keySet().retainAll(live);
    sweep(0, ++sweeps, live);
  }

  private void sweep(int from, int number, Set<String> live) {
    if (number != sweeps) {
      return; // Members changed again.
    }
    int next =
        table.sweep(
            from,
            SLICE,
            seat -> live.contains(seat.node.id) && cluster.self().equals(userOwners.of(seat.low)));
    if (next >= 0) {
      context.runOnContext(v -> sweep(next, number, live));
    }
  }

  private Set<String> live() {
    return cluster.members().stream().map(Cluster.Member::id).collect(Collectors.toSet());
  }
}
