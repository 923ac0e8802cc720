package io.ovation.dispatch.state;

import io.ovation.dispatch.routing.NodeWindow;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StateUpdates;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one partition's streams are like now: the newest state of each kind, for the nodes that have
 * viewers of them. Only streams that are routed somewhere are remembered. A node that did not
 * answer is told again, by then the newest; one that registers gets all in the answer.
 *
 * <p>All on the dispatcher's context.
 */
public final class StateBroadcaster {
  /** StateUpdates per message, so that no message grows without bound. */
  private static final int CHUNK = 1_000;

  private final EventBus bus;
  private final int partition;
  private final RoutingTable routes;
  private final DeliveryOptions timeout;
  private final Map<String, Map<StateUpdate.Kind, StateUpdate>> newest = new HashMap<>();
  private final Map<NodeWindow, Set<Post>> untold = new HashMap<>();

  private record Post(String stream, StateUpdate.Kind kind) {}

  public StateBroadcaster(
      EventBus bus, int partition, RoutingTable routes, DeliveryOptions timeout) {
    this.bus = bus;
    this.partition = partition;
    this.routes = routes;
    this.timeout = timeout;
  }

  /** A stream's state of a kind has changed. The nodes with viewers are told by {@link #tell}. */
  public void post(StateUpdate state) {
    String stream = state.getStream();
    Set<NodeWindow> nodes = routes.of(stream);
    if (nodes.isEmpty()) {
      newest.remove(stream);
      return;
    }
    newest
        .computeIfAbsent(stream, s -> new EnumMap<>(StateUpdate.Kind.class))
        .put(state.getKind(), state);
    nodes.forEach(node -> owe(node, new Post(stream, state.getKind())));
  }

  /** Whether anything of that kind is known of a stream. */
  public boolean has(String stream, StateUpdate.Kind kind) {
    return newest.getOrDefault(stream, Map.of()).containsKey(kind);
  }

  /** All that is known of some streams, for a node that registers them. */
  public List<StateUpdate> of(Collection<String> streams) {
    List<StateUpdate> all = new ArrayList<>();
    streams.forEach(stream -> all.addAll(newest.getOrDefault(stream, Map.of()).values()));
    return all;
  }

  /** One message, or a few, per node that something changed for. */
  public void tell(long epoch) {
    if (newest.size() > routes.streams()) {
      newest.keySet().removeIf(stream -> routes.of(stream).isEmpty());
    }
    Map<NodeWindow, Set<Post>> now = Map.copyOf(untold);
    untold.clear();
    now.forEach(
        (node, posts) -> {
          if (!node.suspended() && routes.links().contains(node)) {
            tell(epoch, node, List.copyOf(posts));
          }
        });
  }

  private void tell(long epoch, NodeWindow node, List<Post> posts) {
    for (int from = 0; from < posts.size(); from += CHUNK) {
      List<Post> chunk = posts.subList(from, Math.min(posts.size(), from + CHUNK));
      StateUpdates.Builder states =
          StateUpdates.newBuilder().setPartition(partition).setEpoch(epoch);
      chunk.forEach(post -> add(states, node, post));
      if (states.getStatesCount() > 0) {
        send(node, states.build(), chunk);
      }
    }
  }

  private void add(StateUpdates.Builder states, NodeWindow node, Post post) {
    StateUpdate state = newest.getOrDefault(post.stream(), Map.of()).get(post.kind());
    if (state != null && routes.of(post.stream()).contains(node)) {
      states.addStates(state);
    }
  }

  private void send(NodeWindow node, StateUpdates states, List<Post> posts) {
    bus.<Answer>request(Addresses.supervise(node.node()), states, timeout)
        .map(Message::body)
        .onFailure(e -> posts.forEach(post -> owe(node, post)));
  }

  private void owe(NodeWindow node, Post post) {
    untold.computeIfAbsent(node, n -> new LinkedHashSet<>()).add(post);
  }
}
