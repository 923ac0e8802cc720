package io.ovation.dispatch.state;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.StateUpdate;
import io.ovation.wire.proto.StreamViewers;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * How many viewers of one partition's streams each node has, and the sum of all regions that
 * viewers were last sent. One number per stream and node, regardless of the number of viewers.
 */
public final class ViewerCountAggregator {
  private final Map<String, Map<String, Integer>> counts = new HashMap<>();
  private final Set<String> changed = new HashSet<>();
  private final Map<String, Long> lastSent = new HashMap<>();

  /**
   * The node has this many viewers of the stream now.
   *
   * @param node its incarnation
   */
  public void count(String stream, String node, int viewers) {
    changed.add(stream);
    if (viewers > 0) {
      counts.computeIfAbsent(stream, s -> new HashMap<>(4)).put(node, viewers);
    } else {
      counts.computeIfPresent(
          stream,
          (s, nodes) -> {
            nodes.remove(node);
            return nodes.isEmpty() ? null : nodes;
          });
    }
  }

  /** The node has viewers of no other streams than these. */
  public void retain(String node, Collection<String> streams) {
    Set<String> kept = Set.copyOf(streams);
    List<String> others =
        counts.keySet().stream().filter(stream -> !kept.contains(stream)).toList();
    others.forEach(stream -> forget(stream, node));
  }

  /** The node has left the cluster. */
  public void drop(String node) {
    List.copyOf(counts.keySet()).forEach(stream -> forget(stream, node));
  }

  private void forget(String stream, String node) {
    if (counts.getOrDefault(stream, Map.of()).containsKey(node)) {
      count(stream, node, 0);
    }
  }

  long viewers(String stream) {
    return counts.getOrDefault(stream, Map.of()).values().stream()
        .mapToLong(Integer::longValue)
        .sum();
  }

  /** The streams with the most viewers, in no order. One pass over all. */
  List<StreamViewers> busiest(int limit) {
    PriorityQueue<StreamViewers> most =
        new PriorityQueue<>(Comparator.comparingLong(StreamViewers::getViewers));
    for (String stream : limit > 0 ? counts.keySet() : Set.<String>of()) {
      long viewers = viewers(stream);
      StreamViewers least = most.peek();
      if (most.size() < limit || (least != null && viewers > least.getViewers())) {
        most.add(StreamViewers.newBuilder().setStream(stream).setViewers(viewers).build());
      }
      if (most.size() > limit) {
        most.remove();
      }
    }
    return List.copyOf(most);
  }

  /** Its viewers in other regions changed. */
  void touch(String stream) {
    changed.add(stream);
  }

  /**
   * Posts the streams whose sum differs from the one posted last.
   *
   * @param routed whether any node has viewers of the stream
   * @param elsewhere how many viewers the stream has in other regions
   * @param own gets each stream whose count in this region may have changed
   */
  void postChanged(
      Predicate<String> routed,
      ToLongFunction<String> elsewhere,
      ObjLongConsumer<String> own,
      Consumer<StateUpdate> post) {
    for (String stream : changed) {
      own.accept(stream, viewers(stream));
      if (!routed.test(stream)) {
        lastSent.remove(stream);
        continue;
      }
      Long now = viewers(stream) + elsewhere.applyAsLong(stream);
      if (!now.equals(lastSent.put(stream, now))) {
        post.accept(state(stream, now));
      }
    }
    changed.clear();
  }

  /** Stream names need no escapes. */
  private static StateUpdate state(String stream, long viewers) {
    String json = "{\"type\":\"viewers\",\"stream\":\"" + stream + "\",\"count\":" + viewers + "}";
    return StateUpdate.newBuilder()
        .setStream(stream)
        .setKind(StateUpdate.Kind.VIEWERS)
        .setJson(ByteString.copyFromUtf8(json))
        .setNumber(viewers)
        .build();
  }
}
