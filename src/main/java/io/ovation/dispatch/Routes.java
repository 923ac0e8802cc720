package io.ovation.dispatch;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the viewers of one partition's streams are. */
final class Routes {
  private final Map<String, Set<Link>> streams = new HashMap<>();
  private final Map<String, Link> links = new HashMap<>();

  Link link(String node) {
    return links.computeIfAbsent(node, Link::new);
  }

  Collection<Link> links() {
    return links.values();
  }

  /** How many streams are routed somewhere. */
  int streams() {
    return streams.size();
  }

  /** The streams that are routed somewhere. */
  Set<String> names() {
    return streams.keySet();
  }

  /** The nodes that have viewers of a stream, suspended ones included. */
  Set<Link> of(String stream) {
    return streams.getOrDefault(stream, Set.of());
  }

  void add(String stream, String node) {
    Link link = link(node);
    if (streams.computeIfAbsent(stream, s -> new HashSet<>(4)).add(link)) {
      link.routed().add(stream);
    }
  }

  void remove(String stream, String node) {
    Link link = link(node);
    streams.computeIfPresent(stream, (name, nodes) -> unroute(link, name, nodes));
  }

  /** The node has these streams and no others. */
  void replace(String node, List<String> names) {
    unroute(link(node));
    names.forEach(name -> add(name, node));
  }

  /** The node is gone: its routes, and what was awaited from it. */
  void drop(String node) {
    Link link = links.remove(node);
    if (link != null) {
      link.suspend();
      unroute(link);
    }
  }

  private void unroute(Link link) {
    List.copyOf(streams.keySet())
        .forEach(stream -> streams.computeIfPresent(stream, (s, nodes) -> unroute(link, s, nodes)));
  }

  private static @Nullable Set<Link> unroute(Link link, String stream, Set<Link> nodes) {
    if (nodes.remove(link)) {
      link.routed().remove(stream);
    }
    return nodes.isEmpty() ? null : nodes;
  }
}
