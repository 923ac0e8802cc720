package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.ovation.deliver.fanout.FanOutScheduler;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.fanout.ReplayCache;
import io.ovation.deliver.fanout.RoomStates;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.lifecycle.ConnectionList;
import io.ovation.deliver.lifecycle.ConnectionTtl;
import io.ovation.deliver.lifecycle.DrainScheduler;
import io.ovation.deliver.lifecycle.HeartbeatSweep;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.protocol.Transport;
import io.ovation.http.problem.Problem;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.SubmissionService;
import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
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
public final class EventLoopShard implements ViewerShard {
  private static final long COUNT_EVERY_MS = 1000;

  private final EventLoop loop;
  private final StreamSubscriptions subscriptions;
  private final DeliverySettings settings;
  private final DeliveryMetrics meters;
  private final ViewerMessageHandler messageHandler;
  private final FanOutScheduler fanOut;
  private final ConnectionList connections = new ConnectionList();
  private final ReplayCache replayCache = new ReplayCache();
  private final ConnectionTtl connectionTtl;
  private final DrainScheduler drainScheduler;
  private final HeartbeatSweep sweep;
  private final ShardWatchReporter watchReporter;
  private final Map<String, StreamRoom> rooms = new HashMap<>();
  private final List<StreamRoom> changed = new ArrayList<>();
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
      StreamSubscriptions subscriptions,
      SubmissionService intake,
      DeliverySettings settings,
      DeliveryMetrics meters,
      AtomicLong watchReporter) {
    this.loop = loop;
    this.subscriptions = subscriptions;
    this.settings = settings;
    this.meters = meters;
    this.messageHandler = new ViewerMessageHandler(this, intake, settings, meters);
    this.fanOut = new FanOutScheduler(loop, settings.pass(), meters);
    this.connectionTtl =
        new ConnectionTtl(settings.ttlMinMs(), settings.ttlMaxMs(), new SplittableRandom());
    this.drainScheduler = new DrainScheduler(connections, meters, new SplittableRandom());
    this.sweep = new HeartbeatSweep(settings, connections, drainScheduler, meters);
    this.watchReporter =
        new ShardWatchReporter(
            settings.oneStream(), subscriptions, this, connections, watchReporter);
    this.timer =
        loop.scheduleWithFixedDelay(
            this::tick, HeartbeatSweep.TICK_MS, HeartbeatSweep.TICK_MS, TimeUnit.MILLISECONDS);
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
                watchReporter.ended(viewer);
                viewer.room = null;
                viewer.idleSince = now;
                messageHandler.refuse(viewer, problem, null);
                if (viewer.transport == Transport.SSE) {
                  viewer.end(CloseCode.FAILED); // it can't ask again but by another request
                }
              });
        });
  }

  @Override
  public void deliver(String stream, List<Event> events) {
    in(stream, room -> take(room, events.stream().map(OutboundMessage::of).toList()));
  }

  @Override
  public void state(StateUpdate state) {
    in(
        state.getStream(),
        room -> {
          room.take(state);
          fanOut.addSoon(room);
        });
  }

  @Override
  public void elsewhere(Set<Long> connections) {
    run(() -> watchReporter.elsewhere(connections, messageHandler::refuse));
  }

  @Override
  public void watchingAgain() {
    run(watchReporter::again);
  }

  @Override
  public void gap(String stream, long from, long to) {
    in(stream, room -> take(room, List.of(OutboundMessage.of(new Gap(from, to)))));
  }

  @Override
  public void replayed(Object viewer, Replay replay) {
    run(
        () -> {
          if (viewer instanceof Viewer.Ticket ticket && ticket.viewer.ticket() == ticket) {
            ticket.viewer.replayed(replay, replayCache.of(replay));
          }
        });
  }

  /** Asks everybody to leave, evenly over {@code period}: {@link DrainScheduler#drain}. */
  Future<Void> drain(Duration period, Duration spread) {
    Promise<Void> done = Promise.promise();
    run(() -> drainScheduler.drain(now, period.toMillis(), spread.toMillis()).onComplete(done));
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
            loop.schedule(
                viewer::abort, DeliverySettings.CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
          }
        });
  }

  public void run(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The node stops, and this loop's viewers are gone.
    }
  }

  public boolean inLoop() {
    return loop.inEventLoop();
  }

  public DeliverySettings settings() {
    return settings;
  }

  public DeliveryMetrics meters() {
    return meters;
  }

  /** Milliseconds in which this loop was awake, to about {@link HeartbeatSweep#TICK_MS}. */
  public long now() {
    return now;
  }

  public int fallbacks() {
    return fallbacks;
  }

  public void joined(Viewer viewer) {
    viewer.seenAt = now;
    viewer.pingedAt = now;
    viewer.idleSince = now;
    viewer.expiresAt = drainScheduler.draining() ? now : connectionTtl.end(now);
    connections.add(viewer);
    fallbacks += viewer.transport == Transport.FALLBACK ? 1 : 0;
    meters.opened(viewer.transport);
  }

  public void heardFrom(Viewer viewer) {
    viewer.seenAt = now;
  }

  public boolean admits(Viewer viewer) {
    return messageHandler.admits(viewer);
  }

  public void heard(Viewer viewer, byte[] frame) {
    messageHandler.heard(viewer, frame);
  }

  public void refuse(Viewer viewer, Problem problem, @Nullable String id) {
    messageHandler.refuse(viewer, problem, id);
  }

  /** A viewer begins to watch, or moves. */
  public void watch(Viewer viewer, ClientMessage.Watch watch) {
    StreamRoom room = rooms.get(watch.stream());
    boolean first = room == null;
    watchReporter.began(viewer, watch.user(), watch.stream());
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
      room = new StreamRoom(watch.stream(), settings, meters);
      rooms.put(watch.stream(), room);
    }
    room.add(viewer);
    viewer.room = room;
    changed(room);
    if (first) {
      subscriptions.open(watch.stream(), this);
    } else if (room.isOpen()) {
      admit(viewer, room);
    }
  }

  /** The server ends a connection. */
  public void ending(Viewer viewer, CloseCode code) {
    meters.ended(code);
    leaving(viewer);
  }

  /** A connection ends; its socket is closed in the end, whatever the other side does. */
  public void leaving(Viewer viewer) {
    viewer.closeBy = now + DeliverySettings.CLOSE_PATIENCE.toMillis();
    watchReporter.ended(viewer);
    leaveRoom(viewer);
  }

  /** The connection is closed. */
  public void left(Viewer viewer) {
    watchReporter.ended(viewer);
    leaveRoom(viewer);
    if (connections.remove(viewer)) {
      fallbacks -= viewer.transport == Transport.FALLBACK ? 1 : 0;
      meters.closed(viewer.transport);
    }
  }

  private void admit(Viewer viewer, StreamRoom room) {
    long last = room.last();
    long offset = viewer.since >= 0 ? viewer.since : last;
    viewer.startAt(offset, room.batch());
    long viewers = Math.max(subscriptions.viewers(room.stream), room.size());
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
      subscriptions.replay(room.stream, offset, this, viewer.awaitReplay(now, settings.buffer()));
    }
    viewer.settle();
  }

  /** Whoever returns gets what it missed first. The count is told by {@code watching}. */
  private static void tellStates(Viewer viewer, StreamRoom room, boolean now) {
    int kinds = room.states().known() & ~RoomStates.bit(StateUpdate.Kind.VIEWERS);
    if (!now) {
      viewer.owe(kinds);
    } else if (kinds != 0) {
      room.states().each(kinds, state -> viewer.send(RoomStates.snapshot(state)));
    }
  }

  private void take(StreamRoom room, List<OutboundMessage> items) {
    if (room.isOpen()) {
      room.take(items);
      if (room.hasWork()) {
        fanOut.add(room);
      }
    }
  }

  private void leaveRoom(Viewer viewer) {
    StreamRoom room = viewer.room;
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
  private void closeIfEmpty(StreamRoom room) {
    if (room.isOpen() && room.size() == 0) {
      rooms.remove(room.stream);
      room.drop();
      subscriptions.close(room.stream, this);
    }
  }

  private void changed(StreamRoom room) {
    if (!room.changed) {
      room.changed = true;
      changed.add(room);
    }
  }

  private void in(String stream, Consumer<StreamRoom> action) {
    run(
        () -> {
          StreamRoom room = rooms.get(stream);
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
    replayCache.forget();
    sweep.tick(now);
    drainScheduler.tick(now);
    watchReporter.tick();
    if (now - countedAt >= COUNT_EVERY_MS && !changed.isEmpty()) {
      countedAt = now;
      count();
    }
  }

  private void count() {
    Map<String, Integer> counts = new HashMap<>();
    for (StreamRoom room : changed) {
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
      subscriptions.count(this, counts);
    }
  }
}
