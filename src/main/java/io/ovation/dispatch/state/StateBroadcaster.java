package io.ovation.dispatch.state;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.routing.NodeProgress;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.store.StaleEpoch;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StateUpdates;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The newest state of each kind of one partition's streams, sent to the nodes that have viewers of
 * them. Only routed streams are remembered. A node that did not answer is sent the newest state
 * with the next flush; a node that registers gets all states in the answer.
 */
final class StateBroadcaster {
  /** StateUpdates per message, so that no message grows without bound. */
  private static final int CHUNK = 1_000;

  private final DispatchContext d;
  private final int partition;
  private final RoutingTable routes;
  private final PartitionFailureHandler guard;
  private final DeliveryOptions timeout;
  private final Map<String, Map<StateUpdate.Kind, StateUpdate>> newest = new HashMap<>();
  private final Map<NodeProgress, Set<Change>> unsent = new HashMap<>();

  private record Change(String stream, StateUpdate.Kind kind) {}

  StateBroadcaster(
      DispatchContext context, int partition, RoutingTable routes, PartitionFailureHandler guard) {
    this.d = context;
    this.guard = guard;
    this.partition = partition;
    this.routes = routes;
    this.timeout = d.nodeTimeout();
  }

  /** Remembers a changed state for its nodes, until {@link #flush}. */
  void post(StateUpdate state) {
    String stream = state.getStream();
    Set<NodeProgress> nodes = routes.nodesOf(stream);
    if (nodes.isEmpty()) {
      newest.remove(stream);
      return;
    }
    newest
        .computeIfAbsent(stream, s -> new EnumMap<>(StateUpdate.Kind.class))
        .put(state.getKind(), state);
    Change change = new Change(stream, state.getKind());
    nodes.forEach(node -> addUnsent(node, change));
  }

  boolean has(String stream, StateUpdate.Kind kind) {
    return newest.getOrDefault(stream, Map.of()).containsKey(kind);
  }

  /** All states of some streams, for a node that registers them. */
  List<StateUpdate> of(Collection<String> streams) {
    List<StateUpdate> all = new ArrayList<>();
    streams.forEach(stream -> all.addAll(newest.getOrDefault(stream, Map.of()).values()));
    return all;
  }

  /** Sends what changed: one message, or a few, to each node that it concerns. */
  void flush(long epoch) {
    if (newest.size() > routes.streams().size()) {
      newest.keySet().removeIf(stream -> !routes.routed(stream));
    }
    Map<NodeProgress, Set<Change>> now = Map.copyOf(unsent);
    unsent.clear();
    now.forEach(
        (node, changes) -> {
          if (!node.suspended() && routes.nodes().contains(node)) {
            send(epoch, node, List.copyOf(changes));
          }
        });
  }

  private void send(long epoch, NodeProgress node, List<Change> changes) {
    for (int from = 0; from < changes.size(); from += CHUNK) {
      List<Change> chunk = changes.subList(from, Math.min(changes.size(), from + CHUNK));
      StateUpdates.Builder states =
          StateUpdates.newBuilder().setPartition(partition).setEpoch(epoch);
      chunk.forEach(change -> add(states, node, change));
      if (states.getStatesCount() > 0) {
        d.bus()
            .<Answer>request(Addresses.supervise(node.id()), states.build(), timeout)
            .onSuccess(answer -> check(epoch, answer.body()))
            .onFailure(e -> chunk.forEach(change -> addUnsent(node, change)));
      }
    }
  }

  /** Without comments nothing else would tell this owner that there is a newer one. */
  private void check(long epoch, Answer answer) {
    if (!answer.getAccepted()) {
      guard.fail(new StaleEpoch(partition, epoch, answer.getEpoch()));
    }
  }

  private void add(StateUpdates.Builder states, NodeProgress node, Change change) {
    StateUpdate state = newest.getOrDefault(change.stream(), Map.of()).get(change.kind());
    if (state != null && routes.nodesOf(change.stream()).contains(node)) {
      states.addStates(state);
    }
  }

  private void addUnsent(NodeProgress node, Change change) {
    unsent.computeIfAbsent(node, n -> new LinkedHashSet<>()).add(change);
  }
}
