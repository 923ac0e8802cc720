package io.ovation.supervise;

import io.ovation.bus.Shard;
import io.ovation.bus.proto.Event;
import io.ovation.bus.proto.State;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One stream on this node: who wants it here, and how far it is. On the supervisor's context. */
final class LiveStream {
  final String name;
  final int partition;
  final Set<Shard> shards = new HashSet<>(4);
  final Map<Shard, Integer> viewers = new HashMap<>(4);

  /** Segments that wait until the stream is open, or until a hole is filled; with their answers. */
  final List<Runnable> waiting = new ArrayList<>(0);

  final Ring ring;
  private final Recent recent = new Recent();
  private final Map<State.Kind, State> states = new EnumMap<>(State.Kind.class);

  /** Viewers here, as they were last counted into the total. */
  int counted;

  /** Registered with its partition's owner. */
  private boolean open;

  /** History is being read for what is missing; segments wait. */
  private boolean filling;

  private long last;

  LiveStream(String name, int partition, int ring) {
    this.name = name;
    this.partition = partition;
    this.ring = new Ring(ring, 0);
  }

  boolean open() {
    return open;
  }

  /** Whether segments can be taken now. */
  boolean ready() {
    return open && !filling;
  }

  long last() {
    return last;
  }

  void openAt(long offset) {
    open = true;
    last = offset;
    ring.restart(offset);
    shards.forEach(this::open);
  }

  /** Tells a shard how far the stream is and what it is like. */
  void open(Shard shard) {
    shard.opened(name, last);
    states.values().forEach(state -> shard.state(known(state)));
  }

  /** For who comes now it is no news, but what there was. */
  private static State known(State state) {
    return state.getSnapshot().isEmpty()
        ? state
        : state.toBuilder().setJson(state.getSnapshot()).build();
  }

  /** The newest of its kind. */
  void state(State state) {
    if (!state.equals(states.put(state.getKind(), state)) && open) {
      shards.forEach(shard -> shard.state(state));
    }
  }

  void filling(boolean now) {
    filling = now;
  }

  /** Hands on what is new of these events: above the last offset, and not known by its id. */
  void deliver(List<Event> events) {
    List<Event> fresh = new ArrayList<>(events.size());
    for (Event event : events) {
      if (event.getOffset() > last) {
        last = event.getOffset();
        if (recent.add(event)) {
          ring.add(event);
          fresh.add(event);
        }
      }
    }
    if (!fresh.isEmpty()) {
      shards.forEach(shard -> shard.deliver(name, fresh));
    }
  }

  /** Events up to {@code to} can't be had. */
  void gap(long to) {
    if (to > last) {
      long from = last + 1;
      last = to;
      ring.restart(to);
      shards.forEach(shard -> shard.gap(name, from, to));
    }
  }

  int viewers() {
    return viewers.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The stream ends: what waits runs on, finds nothing to do, and is answered. */
  void discardWaiting() {
    open = true;
    filling = false;
    shards.clear();
    runWaiting();
  }

  /** Runs what waited, in order; what can't run yet waits again. */
  void runWaiting() {
    List<Runnable> now = List.copyOf(waiting);
    waiting.clear();
    now.forEach(Runnable::run);
  }
}
