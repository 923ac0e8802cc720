package io.ovation.deliver;

import io.netty.channel.EventLoop;
import io.ovation.deliver.fanout.FanOutScheduler;
import io.ovation.deliver.fanout.FanOutTarget;
import io.ovation.deliver.fanout.NewestStates;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.fanout.ReplayCache;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.transport.Transport;
import io.ovation.http.problem.Problem;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * A shard's rooms: which viewer watches which stream. A room is subscribed to its stream from its
 * first viewer to its last. On the shard's loop.
 */
final class StreamRooms {
  private static final Problem NOBODY_DISPATCHES =
      Problem.unavailable(
          "no live node of the cluster dispatches, so that nobody sends comments to viewers; watch"
              + " again in 5 s, unless this watch is answered before",
          5);

  /** What a viewer from another region is replayed from before its last event there. */
  private static final long REPLAYED_BEFORE_MS = 5_000;

  private static final long REPORT_COUNTS_MS = 1000;

  private final EventLoopShard shard;
  private final StreamSubscriptions subscriptions;
  private final DeliverySettings settings;
  private final DeliveryMetrics metrics;
  private final ShardWatchReporter watches;
  private final FanOutScheduler fanOut;
  private final ReplayCache replays = new ReplayCache();
  private final Map<String, StreamRoom> rooms = new HashMap<>();

  /** Rooms whose number of viewers changed since it was reported. */
  private final List<StreamRoom> changed = new ArrayList<>();

  private long countsReportedAt;

  StreamRooms(
      EventLoopShard shard,
      EventLoop loop,
      StreamSubscriptions subscriptions,
      ShardWatchReporter watches) {
    this.shard = shard;
    this.subscriptions = subscriptions;
    this.settings = shard.settings;
    this.metrics = shard.metrics;
    this.watches = watches;
    this.fanOut = new FanOutScheduler(loop, settings.viewersPerTurn(), metrics);
  }

  /** A viewer begins to watch a stream, changes to another one, or repeats its watch. */
  void watch(Viewer viewer, String user, ClientMessage.Watch watch) {
    StreamRoom room = rooms.get(watch.stream());
    boolean first = room == null;
    watches.began(viewer, user, watch.stream());
    if (room != null && room == viewer.room) {
      // It stays: the room must not be closed behind its only viewer.
      room.remove(viewer);
      viewer.startAt(0, 0);
    } else {
      leaveRoom(viewer);
    }
    viewer.user = user;
    boolean otherRegion = watch.region() != null && !watch.region().equals(settings.region());
    viewer.since = otherRegion ? sinceElsewhere(watch) : watch.since();
    viewer.last = watch.since() >= 0 || viewer.since >= 0 ? 0 : watch.last();
    if (room == null) {
      room = new StreamRoom(watch.stream(), settings, metrics);
      rooms.put(watch.stream(), room);
    }
    room.add(viewer);
    viewer.room = room;
    countChanged(room);
    if (first) {
      subscriptions.subscribe(watch.stream(), shard);
    } else if (room.isOpen()) {
      admit(viewer, room);
    }
    if (!room.isOpen() && subscriptions.mustWait(watch.stream())) {
      shard.messages.refuse(viewer, NOBODY_DISPATCHES, null);
    }
  }

  /** Offsets are the store's time, so that the time of an event tells about where it is here. */
  private static long sinceElsewhere(ClientMessage.Watch watch) {
    if (watch.at() >= 0) {
      return Math.max(0, watch.at() - REPLAYED_BEFORE_MS) * 1_000;
    }
    return watch.since() >= 0 ? Viewer.FROM_OTHER_REGION : -1;
  }

  void leave(Viewer viewer) {
    watches.ended(viewer);
    leaveRoom(viewer);
  }

  void subscribed(String stream, long offset) {
    StreamRoom room = rooms.get(stream);
    if (room != null && !room.isOpen()) {
      room.open(offset);
      countChanged(room);
      room.each(viewer -> admit(viewer, room));
      closeIfEmpty(room);
    }
  }

  void subscribeFailed(String stream, Problem problem) {
    StreamRoom room = rooms.get(stream);
    if (room == null || room.isOpen()) {
      return;
    }
    rooms.remove(stream);
    room.each(
        viewer -> {
          watches.ended(viewer);
          viewer.room = null;
          viewer.idleSince = shard.now();
          shard.messages.refuse(viewer, problem, null);
          if (viewer.transport == Transport.SSE) {
            viewer.close(CloseCode.FAILED); // it can only watch again by another request
          }
        });
  }

  void deliver(String stream, List<OutboundMessage> messages) {
    StreamRoom room = rooms.get(stream);
    if (room != null && room.isOpen()) {
      room.add(messages);
      if (room.hasWork()) {
        fanOut.add(room);
      }
    }
  }

  /** Calls {@code written} with the number of viewers when all that was delivered is written. */
  void afterWrite(String stream, IntConsumer written) {
    StreamRoom room = rooms.get(stream);
    if (room == null) {
      written.accept(0);
    } else {
      room.afterWrite(written);
    }
  }

  void deliver(StateUpdate state) {
    StreamRoom room = rooms.get(state.getStream());
    if (room != null) {
      room.update(state);
      if (room.isOpen() && state.getKind() == StateUpdate.Kind.RETAINED) {
        // Events of before, which came after the viewers: nobody has received them.
        List<String> unseen = state.getJson().toStringUtf8().lines().toList();
        room.each(viewer -> unseen.forEach(line -> sendRetained(viewer, line)));
      }
      fanOut.addStates(room);
    }
  }

  /** The list is for those who come back, after what they missed. */
  private static void sendRetained(Viewer viewer, String line) {
    if (!NewestStates.isList(line)) {
      viewer.send(line);
    } else if (viewer.since != Viewer.FROM_NOW) {
      if (viewer.canTakeStates()) {
        viewer.send(line);
      } else {
        viewer.addPendingStates(NewestStates.bit(StateUpdate.Kind.RETAINED));
      }
    }
  }

  void deliverReplay(FanOutTarget.ReplayRequest request, Replay replay) {
    if (request.viewer().replayRequest() == request) {
      request.viewer().deliverReplay(replay, replays.messages(replay));
    }
  }

  void clearReplays() {
    replays.clear();
    shard.replayFrames.clear();
  }

  /** Reports the numbers of viewers that changed, about once a second. */
  void reportCounts() {
    if (changed.isEmpty() || shard.now() - countsReportedAt < REPORT_COUNTS_MS) {
      return;
    }
    countsReportedAt = shard.now();
    Map<String, Integer> counts = new HashMap<>();
    for (StreamRoom room : changed) {
      if (!room.isOpen() && room.size() > 0) {
        continue; // reported once the stream is open
      }
      room.countChanged = false;
      if (room.isOpen() && room.size() > 0 && room.size() != room.reportedCount) {
        room.reportedCount = room.size();
        counts.put(room.stream, room.size());
      }
    }
    changed.removeIf(room -> !room.countChanged);
    if (!counts.isEmpty()) {
      subscriptions.reportViewers(shard, counts);
    }
  }

  private void admit(Viewer viewer, StreamRoom room) {
    long last = room.last();
    if (viewer.since > last) {
      viewer.startAt(last, room.batchNumber());
      requestReplay(
          viewer.since,
          room,
          viewer.awaitPosition(
              shard.now(),
              settings.buffer(),
              end -> welcome(viewer, room, Math.min(end, viewer.since))));
      return;
    }
    long offset = viewer.since < 0 ? last : viewer.since;
    viewer.startAt(offset, room.batchNumber());
    welcome(viewer, room, offset);
    if (viewer.since == Viewer.FROM_OTHER_REGION) {
      metrics.gaps.increment();
      viewer.send(ServerMessages.gap(0, last), last);
    } else if (viewer.last > 0) {
      subscriptions.requestRecent(
          room.stream,
          offset,
          viewer.last,
          shard,
          viewer.awaitReplay(shard.now(), settings.buffer()));
    } else if (offset < last) {
      requestReplay(offset, room, viewer.awaitReplay(shard.now(), settings.buffer()));
    }
    viewer.flushPendingStates();
  }

  private long welcome(Viewer viewer, StreamRoom room, long offset) {
    long viewers = Math.max(subscriptions.viewers(room.stream), room.size());
    viewer.send(
        ServerMessages.watching(
            room.stream, settings.region(), offset, viewers, settings.heartbeatMs()),
        offset);
    sendStates(viewer, room);
    return offset;
  }

  private void requestReplay(long since, StreamRoom room, FanOutTarget.ReplayRequest request) {
    metrics.replays.increment();
    subscriptions.requestReplay(room.stream, since, shard, request);
  }

  /** A returning viewer gets the events that it missed first. */
  private static void sendStates(Viewer viewer, StreamRoom room) {
    // The number of viewers is in "watching".
    int kinds = room.states().known() & ~NewestStates.bit(StateUpdate.Kind.VIEWERS);
    if (viewer.since >= 0) {
      viewer.addPendingStates(kinds);
    } else if (kinds != 0) {
      room.states()
          .each(
              kinds,
              state -> NewestStates.snapshots(state).forEach(line -> sendRetained(viewer, line)));
    }
  }

  private void leaveRoom(Viewer viewer) {
    StreamRoom room = viewer.room;
    if (room != null) {
      viewer.room = null;
      viewer.idleSince = shard.now();
      viewer.startAt(0, 0);
      room.remove(viewer);
      countChanged(room);
      closeIfEmpty(room);
    }
  }

  /** A room that waits for its subscription stays, so that no later room takes its answer. */
  private void closeIfEmpty(StreamRoom room) {
    if (room.isOpen() && room.size() == 0) {
      rooms.remove(room.stream);
      room.drop();
      subscriptions.unsubscribe(room.stream, shard);
    }
  }

  private void countChanged(StreamRoom room) {
    if (!room.countChanged) {
      room.countChanged = true;
      changed.add(room);
    }
  }
}
