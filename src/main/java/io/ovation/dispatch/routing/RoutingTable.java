package io.ovation.dispatch.routing;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which nodes have viewers of which of one partition's streams. */
public final class RoutingTable {
  private final Map<String, Set<NodeProgress>> streams = new HashMap<>();
  private final Map<String, NodeProgress> nodes = new HashMap<>();

  /** The node of that id, with or without streams. */
  public NodeProgress node(String id) {
    return nodes.computeIfAbsent(id, NodeProgress::new);
  }

  public Collection<NodeProgress> nodes() {
    return nodes.values();
  }

  /** The streams that are routed to any node. */
  public Set<String> streams() {
    return streams.keySet();
  }

  /** The nodes that have viewers of a stream, suspended ones included. */
  public Set<NodeProgress> nodesOf(String stream) {
    return streams.getOrDefault(stream, Set.of());
  }

  public boolean routed(String stream) {
    return streams.containsKey(stream);
  }

  public void add(String stream, String id) {
    NodeProgress node = node(id);
    if (streams.computeIfAbsent(stream, s -> new HashSet<>(4)).add(node)) {
      node.checksum().add(stream);
    }
  }

  public void remove(String stream, String id) {
    unroute(stream, node(id));
  }

  /** The node has these streams and no others. */
  public void replace(String id, Collection<String> all) {
    unroute(node(id));
    all.forEach(stream -> add(stream, id));
  }

  /** The node has left the cluster: forgets its routes, and the answers awaited from it. */
  public void drop(String id) {
    NodeProgress node = nodes.remove(id);
    if (node != null) {
      node.drop();
      unroute(node);
    }
  }

  private void unroute(NodeProgress node) {
    List.copyOf(streams.keySet()).forEach(stream -> unroute(stream, node));
  }

  private void unroute(String stream, NodeProgress node) {
    streams.computeIfPresent(stream, (name, routed) -> without(routed, name, node));
  }

  private static @Nullable Set<NodeProgress> without(
      Set<NodeProgress> routed, String stream, NodeProgress node) {
    if (routed.remove(node)) {
      node.checksum().remove(stream);
    }
    return routed.isEmpty() ? null : routed;
  }
}
