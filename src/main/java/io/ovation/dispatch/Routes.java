package io.ovation.dispatch;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the viewers of one partition's streams are, and how many. */
final class Routes {
  private final Map<String, Set<Link>> streams = new HashMap<>();
  private final Map<String, Link> links = new HashMap<>();
  private final Map<String, Map<String, Integer>> viewers = new HashMap<>();
  private final Set<String> recounted = new HashSet<>();

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

  /** The nodes that have viewers of a stream, suspended ones included. */
  Set<Link> of(String stream) {
    return streams.getOrDefault(stream, Set.of());
  }

  void add(String stream, String node) {
    recounted.add(stream);
    Link link = link(node);
    if (streams.computeIfAbsent(stream, s -> new HashSet<>(4)).add(link)) {
      link.routed().add(stream);
    }
  }

  void remove(String stream, String node) {
    Link link = link(node);
    streams.computeIfPresent(stream, (name, nodes) -> unroute(link, name, nodes));
    count(stream, node, 0);
  }

  /** The node has these streams and no others. */
  void replace(String node, List<String> names) {
    unroute(link(node));
    names.forEach(name -> add(name, node));
  }

  /** The node is gone: its routes, its viewers, and what was awaited from it. */
  void drop(String node) {
    Link link = links.remove(node);
    if (link != null) {
      link.suspend();
      unroute(link);
    }
    viewers.forEach(
        (stream, nodes) -> {
          if (nodes.remove(node) != null) {
            recounted.add(stream);
          }
        });
    viewers.values().removeIf(Map::isEmpty);
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

  /** The streams whose viewers changed since the last call. */
  Set<String> takeRecounted() {
    Set<String> changed = Set.copyOf(recounted);
    recounted.clear();
    return changed;
  }

  void count(String stream, String node, int count) {
    recounted.add(stream);
    if (count > 0) {
      viewers.computeIfAbsent(stream, s -> new HashMap<>(4)).put(node, count);
    } else {
      viewers.computeIfPresent(
          stream,
          (s, nodes) -> {
            nodes.remove(node);
            return nodes.isEmpty() ? null : nodes;
          });
    }
  }

  long viewers(String stream) {
    return viewers.getOrDefault(stream, Map.of()).values().stream()
        .mapToLong(Integer::longValue)
        .sum();
  }
}
