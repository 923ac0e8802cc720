package io.ovation.dispatch.routing;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the viewers of one partition's streams are. */
public final class RoutingTable {
  private final Map<String, Set<NodeWindow>> streams = new HashMap<>();
  private final Map<String, NodeWindow> links = new HashMap<>();

  public NodeWindow link(String node) {
    return links.computeIfAbsent(node, NodeWindow::new);
  }

  public Collection<NodeWindow> links() {
    return links.values();
  }

  /** How many streams are routed somewhere. */
  public int streams() {
    return streams.size();
  }

  /** The streams that are routed somewhere. */
  public Set<String> names() {
    return streams.keySet();
  }

  /** The nodes that have viewers of a stream, suspended ones included. */
  public Set<NodeWindow> of(String stream) {
    return streams.getOrDefault(stream, Set.of());
  }

  public void add(String stream, String node) {
    NodeWindow link = link(node);
    if (streams.computeIfAbsent(stream, s -> new HashSet<>(4)).add(link)) {
      link.routed().add(stream);
    }
  }

  public void remove(String stream, String node) {
    NodeWindow link = link(node);
    streams.computeIfPresent(stream, (name, nodes) -> unroute(link, name, nodes));
  }

  /** The node has these streams and no others. */
  public void replace(String node, List<String> names) {
    unroute(link(node));
    names.forEach(name -> add(name, node));
  }

  /** The node is gone: its routes, and what was awaited from it. */
  public void drop(String node) {
    NodeWindow link = links.remove(node);
    if (link != null) {
      link.suspend();
      unroute(link);
    }
  }

  private void unroute(NodeWindow link) {
    List.copyOf(streams.keySet())
        .forEach(stream -> streams.computeIfPresent(stream, (s, nodes) -> unroute(link, s, nodes)));
  }

  private static @Nullable Set<NodeWindow> unroute(
      NodeWindow link, String stream, Set<NodeWindow> nodes) {
    if (nodes.remove(link)) {
      link.routed().remove(stream);
    }
    return nodes.isEmpty() ? null : nodes;
  }
}
