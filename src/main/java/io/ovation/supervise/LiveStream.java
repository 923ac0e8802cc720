package io.ovation.supervise;

import io.ovation.stage.ViewerShard;
import io.ovation.supervise.history.RecentEvents;
import io.ovation.supervise.history.RecentIds;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.State;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One stream on this node: who wants it here, and how far it is. On the supervisor's context. */
public final class LiveStream {
  public final String name;
  public final int partition;
  final Set<ViewerShard> shards = new HashSet<>(4);
  final Map<ViewerShard, Integer> viewers = new HashMap<>(4);

  /** Segments that wait until the stream is open, or until a hole is filled; with their answers. */
  final List<Runnable> waiting = new ArrayList<>(0);

  public final RecentEvents recentEvents;
  private final RecentIds recent = new RecentIds();
  private final Map<State.Kind, State> states = new EnumMap<>(State.Kind.class);

  /** Viewers here, as they were last counted into the total. */
  int counted;

  /** Registered with its partition's owner. */
  private boolean open;

  /** History is being read for what is missing; segments wait. */
  private boolean filling;

  private long last;

  public LiveStream(String name, int partition, int capacity) {
    this.name = name;
    this.partition = partition;
    this.recentEvents = new RecentEvents(capacity, 0);
  }

  boolean open() {
    return open;
  }

  /** Whether segments can be taken now. */
  boolean ready() {
    return open && !filling;
  }

  public long last() {
    return last;
  }

  public void openAt(long offset) {
    open = true;
    last = offset;
    recentEvents.restart(offset);
    shards.forEach(this::open);
  }

  /** Tells a shard how far the stream is and what it is like. */
  void open(ViewerShard shard) {
    shard.subscribed(name, last);
    states.values().forEach(state -> shard.deliverState(known(state)));
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
      shards.forEach(shard -> shard.deliverState(state));
    }
  }

  public void filling(boolean now) {
    filling = now;
  }

  /** Hands on what is new of these events: above the last offset, and not known by its id. */
  public void deliver(List<Event> events) {
    List<Event> fresh = new ArrayList<>(events.size());
    for (Event event : events) {
      if (event.getOffset() > last) {
        last = event.getOffset();
        if (recent.add(event)) {
          recentEvents.add(event);
          fresh.add(event);
        }
      }
    }
    if (!fresh.isEmpty()) {
      shards.forEach(shard -> shard.deliver(name, fresh));
    }
  }

  /** Events up to {@code to} can't be had. */
  public void gap(long to) {
    if (to > last) {
      long from = last + 1;
      last = to;
      recentEvents.restart(to);
      shards.forEach(shard -> shard.deliverGap(name, from, to));
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
  public void runWaiting() {
    List<Runnable> now = List.copyOf(waiting);
    waiting.clear();
    now.forEach(Runnable::run);
  }
}
