package io.ovation.queue.typed.consumer;

import io.ovation.queue.Lane;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the lanes that have work by smooth weighted round robin, as nginx does. Of ten
 * turns with all lanes full, high gets six, normal three, low one: low is slow, never starved. One
 * thread.
 */
final class WeightedRoundRobin<W> {
  private final List<Turns<W>> lanes = Arrays.stream(Lane.values()).map(Turns<W>::new).toList();

  private static final class Turns<W> {
    final Deque<W> waiting = new ArrayDeque<>();
    final int weight;
    int credit;

    Turns(Lane lane) {
      weight =
          switch (lane) {
            case HIGH -> 6;
            case NORMAL -> 3;
            case LOW -> 1;
          };
    }
  }

  void add(Lane lane, W work) {
    lanes.get(lane.ordinal()).waiting.add(work);
  }

  void remove(Lane lane, W work) {
    lanes.get(lane.ordinal()).waiting.remove(work);
  }

  /** The next work, or null if no lane has any. */
  @Nullable W poll() {
    Turns<W> best = null;
    int total = 0;
    for (Turns<W> lane : lanes) {
      if (lane.waiting.isEmpty()) {
        lane.credit = 0;
        continue;
      }
      total += lane.weight;
      lane.credit += lane.weight;
      best = best == null || lane.credit > best.credit ? lane : best;
    }
    if (best == null) {
      return null;
    }
    best.credit -= total;
    return best.waiting.poll();
  }
}
