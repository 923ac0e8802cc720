package io.ovation.supervise.watch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.UserAssignment;
import io.ovation.supervise.SupervisorContext;
import io.ovation.supervise.watch.UserWatchTable.Connection;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Elsewhere;
import io.ovation.wire.proto.Watch;
import io.ovation.wire.proto.Watched;
import io.ovation.wire.proto.Watches;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Owns a share of the cluster's users, and notifies nodes of connections to close because their
 * users watch another stream now. Supervisor's context only.
 */
public final class UserWatchRegistry {
  private static final long TIMEOUT_MS = 1_000;

  /** After these attempts the node is dead, or has worse troubles than a user's second stream. */
  private static final int ATTEMPTS = 5;

  /** Users checked in one turn of the event loop after members changed. */
  private static final int SWEEP_SLICE = 10_000;

  private final SupervisorContext context;
  private final UserAssignment userAssignment;
  private final UserWatchTable table = new UserWatchTable();
  private final Map<String, ClockOffset> clocks = new HashMap<>();

  /** Counts changes of members; a sweep ends when a later one begins. */
  private int sweeps;

  public UserWatchRegistry(SupervisorContext context, UserAssignment userAssignment) {
    this.context = context;
    this.userAssignment = userAssignment;
  }

  /** Connections of the users. */
  public int size() {
    return table.size();
  }

  public void handle(Watches watches, Message<?> message) {
    ClockOffset node = clocks.computeIfAbsent(watches.getNode(), ClockOffset::new);
    node.received(watches.getSent(), context.nanoTime().getAsLong());
    Watched.Builder answer = Watched.newBuilder();
    Map<String, Elsewhere.Builder> losers = new HashMap<>();
    for (int i = 0; i < watches.getWatchesCount(); i++) {
      Watch watch = watches.getWatches(i);
      NameHash user = new NameHash(watch.getUserHigh(), watch.getUserLow());
      if (!owns(user)) {
        answer.addRefused(i);
      } else if (watch.getEnded()) {
        table.ended(user, node, watch.getConnection());
      } else {
        long began = watches.getSent() - watch.getAge();
        Connection added = new Connection(node, watch.getConnection(), watch.getStream(), began);
        for (Connection loser : table.began(user, added)) {
          context.meters().elsewhere.increment();
          losers
              .computeIfAbsent(loser.node().id, n -> Elsewhere.newBuilder())
              .addConnections(loser.number());
        }
      }
    }
    message.reply(answer.build());
    losers.forEach((to, connections) -> notify(to, connections.build(), ATTEMPTS));
  }

  private void notify(String node, Elsewhere elsewhere, int attempts) {
    context
        .request(Addresses.supervise(node), elsewhere, TIMEOUT_MS)
        .onFailure(
            e -> {
              if (attempts > 1 && members().contains(node)) {
                context.vertx().setTimer(TIMEOUT_MS, t -> notify(node, elsewhere, attempts - 1));
              }
            });
  }

  /** Removes, a slice at a time, connections of nodes that left and users that others own now. */
  public void membersChanged() {
    Set<String> members = members();
    clocks.keySet().retainAll(members);
    sweep(table.users().iterator(), ++sweeps, members);
  }

  private void sweep(Iterator<NameHash> users, int number, Set<String> members) {
    if (number != sweeps) {
      return;
    }
    for (int n = 0; n < SWEEP_SLICE && users.hasNext(); n++) {
      NameHash user = users.next();
      table.retain(user, connection -> members.contains(connection.node().id) && owns(user));
    }
    if (users.hasNext()) {
      context.context().runOnContext(v -> sweep(users, number, members));
    }
  }

  private boolean owns(NameHash user) {
    return context.cluster().self().equals(userAssignment.of(user.low()));
  }

  private Set<String> members() {
    return context.cluster().members().stream().map(Cluster.Member::id).collect(Collectors.toSet());
  }
}
