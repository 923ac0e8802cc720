package io.ovation.queue.typed.consumer;

import io.ovation.queue.Lane;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the lanes that have work by smooth weighted round robin, as nginx does. Of ten
 * turns with all lanes full, high gets six, normal three, low one: low is slow, never starved. One
 * thread.
 */
final class WeightedRoundRobin<W> {
  private final Map<Lane, Turns<W>> lanes = new EnumMap<>(Lane.class);

  private static final class Turns<W> {
    final Deque<W> waiting = new ArrayDeque<>();
    final int weight;
    int credit;

    Turns(int weight) {
      this.weight = weight;
    }
  }

  WeightedRoundRobin() {
    lanes.put(Lane.HIGH, new Turns<>(6));
    lanes.put(Lane.NORMAL, new Turns<>(3));
    lanes.put(Lane.LOW, new Turns<>(1));
  }

  void add(Lane lane, W work) {
    of(lane).waiting.add(work);
  }

  void remove(Lane lane, W work) {
    of(lane).waiting.remove(work);
  }

  /** The next work, or null if no lane has any. */
  @Nullable W poll() {
    Turns<W> best = null;
    int total = 0;
    for (Turns<W> lane : lanes.values()) {
      if (lane.waiting.isEmpty()) {
        lane.credit = 0;
        continue;
      }
      total += lane.weight;
      lane.credit += lane.weight;
      if (best == null || lane.credit > best.credit) {
        best = lane;
      }
    }
    if (best == null) {
      return null;
    }
    best.credit -= total;
    return best.waiting.poll();
  }

  private Turns<W> of(Lane lane) {
    return java.util.Objects.requireNonNull(lanes.get(lane));
  }
}
