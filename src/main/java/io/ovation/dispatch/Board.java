package io.ovation.dispatch;

import io.ovation.bus.Addresses;
import io.ovation.bus.proto.Answer;
import io.ovation.bus.proto.State;
import io.ovation.bus.proto.States;
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
final class Board {
  /** States per message, so that no message grows without bound. */
  private static final int CHUNK = 1_000;

  private final EventBus bus;
  private final int partition;
  private final Routes routes;
  private final DeliveryOptions timeout;
  private final Map<String, Map<State.Kind, State>> newest = new HashMap<>();
  private final Map<Link, Set<Post>> untold = new HashMap<>();

  private record Post(String stream, State.Kind kind) {}

  Board(EventBus bus, int partition, Routes routes, DeliveryOptions timeout) {
    this.bus = bus;
    this.partition = partition;
    this.routes = routes;
    this.timeout = timeout;
  }

  /** A stream's state of a kind has changed. The nodes with viewers are told by {@link #tell}. */
  void post(State state) {
    String stream = state.getStream();
    Set<Link> nodes = routes.of(stream);
    if (nodes.isEmpty()) {
      newest.remove(stream);
      return;
    }
    newest
        .computeIfAbsent(stream, s -> new EnumMap<>(State.Kind.class))
        .put(state.getKind(), state);
    nodes.forEach(node -> owe(node, new Post(stream, state.getKind())));
  }

  /** Whether anything of that kind is known of a stream. */
  boolean has(String stream, State.Kind kind) {
    return newest.getOrDefault(stream, Map.of()).containsKey(kind);
  }

  /** All that is known of some streams, for a node that registers them. */
  List<State> of(Collection<String> streams) {
    List<State> all = new ArrayList<>();
    streams.forEach(stream -> all.addAll(newest.getOrDefault(stream, Map.of()).values()));
    return all;
  }

  /** One message, or a few, per node that something changed for. */
  void tell(long epoch) {
    if (newest.size() > routes.streams()) {
      newest.keySet().removeIf(stream -> routes.of(stream).isEmpty());
    }
    Map<Link, Set<Post>> now = Map.copyOf(untold);
    untold.clear();
    now.forEach(
        (node, posts) -> {
          if (!node.suspended() && routes.links().contains(node)) {
            tell(epoch, node, List.copyOf(posts));
          }
        });
  }

  private void tell(long epoch, Link node, List<Post> posts) {
    for (int from = 0; from < posts.size(); from += CHUNK) {
      List<Post> chunk = posts.subList(from, Math.min(posts.size(), from + CHUNK));
      States.Builder states = States.newBuilder().setPartition(partition).setEpoch(epoch);
      chunk.forEach(post -> add(states, node, post));
      if (states.getStatesCount() > 0) {
        send(node, states.build(), chunk);
      }
    }
  }

  private void add(States.Builder states, Link node, Post post) {
    State state = newest.getOrDefault(post.stream(), Map.of()).get(post.kind());
    if (state != null && routes.of(post.stream()).contains(node)) {
      states.addStates(state);
    }
  }

  private void send(Link node, States states, List<Post> posts) {
    bus.<Answer>request(Addresses.supervise(node.node()), states, timeout)
        .map(Message::body)
        .onFailure(e -> posts.forEach(post -> owe(node, post)));
  }

  private void owe(Link node, Post post) {
    untold.computeIfAbsent(node, n -> new LinkedHashSet<>()).add(post);
  }
}
