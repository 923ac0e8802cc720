package io.ovation.queue.typed.consumer;

import io.ovation.queue.Lane;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is among the lanes: smooth weighted round robin over those that have work. Of ten
 * turns with all lanes full, high gets six, normal three, low one: low is slow, never starved. One
 * thread.
 */
final class WeightedRoundRobin<W> {
  private static final Map<Lane, Integer> WEIGHTS =
      Map.of(Lane.HIGH, 6, Lane.NORMAL, 3, Lane.LOW, 1);

  private final Map<Lane, Deque<W>> waiting = new EnumMap<>(Lane.class);
  private final Map<Lane, Integer> credit = new EnumMap<>(Lane.class);

  WeightedRoundRobin() {
    for (Lane lane : Lane.values()) {
      waiting.put(lane, new ArrayDeque<>());
      credit.put(lane, 0);
    }
  }

  void add(Lane lane, W work) {
    of(lane).add(work);
  }

  void remove(Lane lane, W work) {
    of(lane).remove(work);
  }

  /** The next work, or null if no lane has any. */
  @Nullable W poll() {
    Lane best = null;
    int round = 0;
    for (Lane lane : Lane.values()) {
      int weight = WEIGHTS.getOrDefault(lane, 1);
      if (of(lane).isEmpty()) {
        credit.put(lane, 0);
        continue;
      }
      round += weight;
      int mine = credit.merge(lane, weight, Integer::sum);
      if (best == null || mine > credit.getOrDefault(best, 0)) {
        best = lane;
      }
    }
    if (best == null) {
      return null;
    }
    credit.merge(best, -round, Integer::sum);
    return of(best).poll();
  }

  private Deque<W> of(Lane lane) {
    return java.util.Objects.requireNonNull(waiting.get(lane));
  }
}
