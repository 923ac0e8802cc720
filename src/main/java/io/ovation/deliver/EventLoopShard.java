package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.ovation.bus.Desk;
import io.ovation.bus.Intake;
import io.ovation.bus.Shard;
import io.ovation.bus.proto.Event;
import io.ovation.bus.proto.State;
import io.ovation.http.Problem;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's connections and rooms. What is public may be called from any thread and takes
 * effect on the loop, in the order it was called; the rest belongs to the loop.
 */
public final class EventLoopShard implements Shard {
  private static final long COUNT_EVERY_MS = 1000;

  private final EventLoop loop;
  private final Desk desk;
  private final Settings settings;
  private final Meters meters;
  private final Conversation conversation;
  private final Passes passes;
  private final Connections connections = new Connections();
  private final Missed missed = new Missed();
  private final Lifetimes lifetimes;
  private final Farewells farewells;
  private final Sweep sweep;
  private final Watches watches;
  private final Map<String, Room> rooms = new HashMap<>();
  private final List<Room> changed = new ArrayList<>();
  private final ScheduledFuture<?> timer;
  private long now;
  private long tickedAt = System.nanoTime();
  private long countedAt;
  private int fallbacks;

  /**
   * @param watches numbers the watches of the node's shards
   */
  EventLoopShard(
      EventLoop loop,
      Desk desk,
      Intake intake,
      Settings settings,
      Meters meters,
      AtomicLong watches) {
    this.loop = loop;
    this.desk = desk;
    this.settings = settings;
    this.meters = meters;
    this.conversation = new Conversation(this, intake, settings, meters);
    this.passes = new Passes(loop, settings.pass(), meters);
    this.lifetimes =
        new Lifetimes(settings.ttlMinMs(), settings.ttlMaxMs(), new SplittableRandom());
    this.farewells = new Farewells(connections, meters, new SplittableRandom());
    this.sweep = new Sweep(settings, connections, farewells, meters);
    this.watches = new Watches(settings.oneStream(), desk, this, connections, watches);
    this.timer =
        loop.scheduleWithFixedDelay(
            this::tick, Sweep.TICK_MS, Sweep.TICK_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void opened(String stream, long offset) {
    in(
        stream,
        room -> {
          if (room.isOpen()) {
            return;
          }
          room.open(offset);
          changed(room);
          room.each(viewer -> admit(viewer, room));
          closeIfEmpty(room);
        });
  }

  @Override
  public void refused(String stream, String code, String detail) {
    in(
        stream,
        room -> {
          if (room.isOpen()) {
            return;
          }
          rooms.remove(stream);
          Problem problem = new Problem(503, code, null, detail, 1);
          room.each(
              viewer -> {
                watches.ended(viewer);
                viewer.room = null;
                viewer.idleSince = now;
                conversation.refuse(viewer, problem, null);
                if (viewer.transport == Transport.SSE) {
                  viewer.end(CloseCode.FAILED); // it can't ask again but by another request
                }
              });
        });
  }

  @Override
  public void deliver(String stream, List<Event> events) {
    in(stream, room -> take(room, events.stream().map(Item::of).toList()));
  }

  @Override
  public void state(State state) {
    in(
        state.getStream(),
        room -> {
          room.take(state);
          passes.addSoon(room);
        });
  }

  @Override
  public void elsewhere(Set<Long> connections) {
    run(() -> watches.elsewhere(connections, conversation::refuse));
  }

  @Override
  public void watchingAgain() {
    run(watches::again);
  }

  @Override
  public void gap(String stream, long from, long to) {
    in(stream, room -> take(room, List.of(Item.of(new Gap(from, to)))));
  }

  @Override
  public void replayed(Object viewer, Replay replay) {
    run(
        () -> {
          if (viewer instanceof Viewer.Ticket ticket && ticket.viewer.ticket() == ticket) {
            ticket.viewer.replayed(replay, missed.of(replay));
          }
        });
  }

  /** Asks everybody to leave, evenly over {@code period}: {@link Farewells#drain}. */
  Future<Void> drain(Duration period, Duration spread) {
    Promise<Void> done = Promise.promise();
    run(() -> farewells.drain(now, period.toMillis(), spread.toMillis()).onComplete(done));
    return done.future();
  }

  /** Says goodbye to everybody and stops; the connections close as they answer, or soon after. */
  void close() {
    run(
        () -> {
          timer.cancel(false);
          for (int i = connections.size() - 1; i >= 0; i--) {
            Viewer viewer = connections.get(i);
            viewer.end(CloseCode.GOING_AWAY);
            loop.schedule(viewer::abort, Settings.CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
          }
        });
  }

  void run(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The node stops, and this loop's viewers are gone.
    }
  }

  boolean inLoop() {
    return loop.inEventLoop();
  }

  Settings settings() {
    return settings;
  }

  Meters meters() {
    return meters;
  }

  /** Milliseconds in which this loop was awake, to about {@link Sweep#TICK_MS}. */
  long now() {
    return now;
  }

  int fallbacks() {
    return fallbacks;
  }

  void joined(Viewer viewer) {
    viewer.seenAt = now;
    viewer.pingedAt = now;
    viewer.idleSince = now;
    viewer.expiresAt = farewells.draining() ? now : lifetimes.end(now);
    connections.add(viewer);
    fallbacks += viewer.transport == Transport.FALLBACK ? 1 : 0;
    meters.opened(viewer.transport);
  }

  void heardFrom(Viewer viewer) {
    viewer.seenAt = now;
  }

  boolean admits(Viewer viewer) {
    return conversation.admits(viewer);
  }

  void heard(Viewer viewer, byte[] frame) {
    conversation.heard(viewer, frame);
  }

  void refuse(Viewer viewer, Problem problem, @Nullable String id) {
    conversation.refuse(viewer, problem, id);
  }

  /** A viewer begins to watch, or moves. */
  void watch(Viewer viewer, ClientMessage.Watch watch) {
    Room room = rooms.get(watch.stream());
    boolean first = room == null;
    watches.began(viewer, watch.user(), watch.stream());
    if (room != null && room == viewer.room) {
      // It stays where it is: the stream must not close behind the last one to ask again.
      room.remove(viewer);
      viewer.startAt(0, 0);
    } else {
      leaveRoom(viewer);
    }
    viewer.user = watch.user();
    boolean elsewhere = watch.region() != null && !watch.region().equals(settings.region());
    viewer.since = watch.since() >= 0 && elsewhere ? Viewer.FROM_ELSEWHERE : watch.since();
    if (room == null) {
      room = new Room(watch.stream(), settings, meters);
      rooms.put(watch.stream(), room);
    }
    room.add(viewer);
    viewer.room = room;
    changed(room);
    if (first) {
      desk.open(watch.stream(), this);
    } else if (room.isOpen()) {
      admit(viewer, room);
    }
  }

  /** The server ends a connection. */
  void ending(Viewer viewer, CloseCode code) {
    meters.ended(code);
    leaving(viewer);
  }

  /** A connection ends; its socket is closed in the end, whatever the other side does. */
  void leaving(Viewer viewer) {
    viewer.closeBy = now + Settings.CLOSE_PATIENCE.toMillis();
    watches.ended(viewer);
    leaveRoom(viewer);
  }

  /** The connection is closed. */
  void left(Viewer viewer) {
    watches.ended(viewer);
    leaveRoom(viewer);
    if (connections.remove(viewer)) {
      fallbacks -= viewer.transport == Transport.FALLBACK ? 1 : 0;
      meters.closed(viewer.transport);
    }
  }

  private void admit(Viewer viewer, Room room) {
    long last = room.last();
    long offset = viewer.since >= 0 ? viewer.since : last;
    viewer.startAt(offset, room.batch());
    long viewers = Math.max(desk.viewers(room.stream), room.size());
    viewer.send(
        ServerMessages.watching(
            room.stream, settings.region(), offset, viewers, settings.heartbeatMs()),
        offset);
    tellStates(viewer, room, viewer.since < 0);
    if (viewer.since == Viewer.FROM_ELSEWHERE) {
      meters.gaps.increment();
      viewer.send(ServerMessages.gap(0, last), last);
    } else if (offset < last) {
      meters.replays.increment();
      desk.replay(room.stream, offset, this, viewer.awaitReplay(now, settings.buffer()));
    }
    viewer.settle();
  }

  /** Whoever returns gets what it missed first. The count is told by {@code watching}. */
  private static void tellStates(Viewer viewer, Room room, boolean now) {
    int kinds = room.states().known() & ~RoomStates.bit(State.Kind.VIEWERS);
    if (!now) {
      viewer.owe(kinds);
    } else if (kinds != 0) {
      room.states().each(kinds, state -> viewer.send(RoomStates.snapshot(state)));
    }
  }

  private void take(Room room, List<Item> items) {
    if (room.isOpen()) {
      room.take(items);
      if (room.hasWork()) {
        passes.add(room);
      }
    }
  }

  private void leaveRoom(Viewer viewer) {
    Room room = viewer.room;
    if (room != null) {
      viewer.room = null;
      viewer.idleSince = now;
      viewer.startAt(0, 0);
      room.remove(viewer);
      changed(room);
      closeIfEmpty(room);
    }
  }

  /** A room that waits for its answer stays, so that no later one gets the answer meant for it. */
  private void closeIfEmpty(Room room) {
    if (room.isOpen() && room.size() == 0) {
      rooms.remove(room.stream);
      room.drop();
      desk.close(room.stream, this);
    }
  }

  private void changed(Room room) {
    if (!room.changed) {
      room.changed = true;
      changed.add(room);
    }
  }

  private void in(String stream, Consumer<Room> action) {
    run(
        () -> {
          Room room = rooms.get(stream);
          if (room != null) {
            action.accept(room);
          }
        });
  }

  private void tick() {
    long time = System.nanoTime();
    // After a pause of the whole process nobody is stale: what they sent meanwhile is yet unread.
    now += Math.min(1000, TimeUnit.NANOSECONDS.toMillis(time - tickedAt));
    tickedAt = time;
    missed.forget();
    sweep.tick(now);
    farewells.tick(now);
    watches.tick();
    if (now - countedAt >= COUNT_EVERY_MS && !changed.isEmpty()) {
      countedAt = now;
      count();
    }
  }

  private void count() {
    Map<String, Integer> counts = new HashMap<>();
    for (Room room : changed) {
      if (!room.isOpen() && room.size() > 0) {
        continue; // told once its stream is open
      }
      room.changed = false;
      if (room.isOpen() && room.size() > 0 && room.size() != room.reported) {
        room.reported = room.size();
        counts.put(room.stream, room.size());
      }
    }
    changed.removeIf(room -> !room.changed);
    if (!counts.isEmpty()) {
      desk.count(this, counts);
    }
  }
}
