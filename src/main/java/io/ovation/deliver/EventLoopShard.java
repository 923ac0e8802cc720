package io.ovation.deliver;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.ScheduledFuture;
import io.ovation.deliver.fanout.FanOutTarget;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.fanout.ReplayFrames;
import io.ovation.deliver.lifecycle.ShardConnections;
import io.ovation.deliver.protocol.ClientMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.Problem;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.ViewerShard;
import io.ovation.vertx.DirectMemory;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * One event loop's viewers: the entry to its connections ({@link ShardConnections}) and rooms
 * ({@link StreamRooms}). The methods of {@link ViewerShard}, {@link #run}, {@link #drain} and
 * {@link #close} may be called from any thread and take effect on the loop, in the order of the
 * calls; all others are called on the loop.
 */
public final class EventLoopShard implements ViewerShard {
  private final EventLoop loop;
  public final DeliverySettings settings;
  public final DeliveryMetrics metrics;
  public final ViewerMessageHandler messages;

  /** How much may wait in a viewer's channel; when half of it is sent, the channel is writable. */
  public final WriteBufferWaterMark waterMark;

  public final ReplayFrames replayFrames;

  /** Direct memory is short, as of the last tick. */
  private boolean memoryShort;

  private final ShardConnections connections;
  private final ShardWatchReporter watches;
  private final StreamRooms rooms;
  private final ScheduledFuture<?> timer;

  /**
   * @param messages makes the handler of what the shard's viewers send
   */
  EventLoopShard(
      EventLoop loop,
      StreamSubscriptions subscriptions,
      Function<EventLoopShard, ViewerMessageHandler> messages,
      DeliverySettings settings,
      DeliveryMetrics metrics,
      AtomicLong watchNumbers) {
    this.loop = loop;
    this.settings = settings;
    this.metrics = metrics;
    this.waterMark = new WriteBufferWaterMark(settings.buffer() / 2, settings.buffer());
    this.replayFrames = new ReplayFrames(ByteBufAllocator.DEFAULT, metrics);
    this.connections = new ShardConnections(settings, metrics, loop.ticker(), () -> memoryShort);
    this.messages = messages.apply(this);
    this.watches =
        new ShardWatchReporter(
            settings.oneStream(), subscriptions, this, connections.all(), watchNumbers);
    this.rooms = new StreamRooms(this, loop, subscriptions, watches);
    this.timer =
        loop.scheduleWithFixedDelay(
            this::tick, ShardConnections.TICK_MS, ShardConnections.TICK_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void subscribed(String stream, long offset) {
    run(() -> rooms.subscribed(stream, offset));
  }

  @Override
  public void subscribeFailed(String stream, String code, String detail) {
    Problem problem = new Problem(503, code, null, detail, 1);
    run(() -> rooms.subscribeFailed(stream, problem));
  }

  @Override
  public void deliver(String stream, List<Event> events) {
    run(() -> rooms.deliver(stream, events.stream().map(OutboundMessage::of).toList()));
  }

  @Override
  public void deliver(String stream, List<Event> events, IntConsumer written) {
    run(
        () -> {
          rooms.deliver(stream, events.stream().map(OutboundMessage::of).toList());
          rooms.afterWrite(stream, written);
        });
  }

  @Override
  public void deliverGap(String stream, long from, long to) {
    run(() -> rooms.deliver(stream, List.of(OutboundMessage.of(new Gap(from, to)))));
  }

  @Override
  public void deliverState(StateUpdate state) {
    run(() -> rooms.deliver(state));
  }

  @Override
  public void deliverReplay(Object viewer, Replay replay) {
    run(() -> rooms.deliverReplay((FanOutTarget.ReplayRequest) viewer, replay));
  }

  @Override
  public void endWatches(Set<Long> numbers) {
    run(() -> watches.end(numbers, (viewer, why) -> messages.refuse(viewer, why, null)));
  }

  @Override
  public void resendWatches() {
    run(watches::resend);
  }

  /** Asks all viewers to reconnect, evenly over {@code period}; completes when all have left. */
  Future<Void> drain(Duration period, Duration spread) {
    Promise<Void> done = Promise.promise();
    run(() -> connections.drain(period, spread).onComplete(done));
    return done.future();
  }

  /** Closes all connections, at the latest after {@link DeliverySettings#CLOSE_PATIENCE}. */
  void close() {
    run(
        () -> {
          timer.cancel(false);
          replayFrames.clear();
          connections.closeAll(loop);
        });
  }

  /** Runs a task on the loop, at once if this is the loop's thread. */
  public void runOnLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      run(task);
    }
  }

  /** Runs a task on the loop; any thread. */
  public void run(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The node is stopping, and this loop's connections are closed.
    }
  }

  /**
   * The time of this shard's viewers, in milliseconds, to about {@link ShardConnections#TICK_MS}.
   * It does not advance while the process is suspended.
   */
  public long now() {
    return connections.now();
  }

  /** Whether viewers that are behind must do with less, since direct memory is short. */
  public boolean memoryShort() {
    return memoryShort;
  }

  public int fallbacks() {
    return connections.fallbacks();
  }

  public void connected(Viewer viewer) {
    if (!loop.inEventLoop()) {
      viewer.abort();
      throw new IllegalStateException("a connection was handed to the shard of another event loop");
    }
    connections.add(viewer);
  }

  /** The viewer has proved to be alive. */
  public void markAlive(Viewer viewer) {
    viewer.aliveAt = connections.now();
  }

  /**
   * @param user who may watch as its token says; {@code watch.user} does not count
   */
  public void watch(Viewer viewer, String user, ClientMessage.Watch watch) {
    rooms.watch(viewer, user, watch);
  }

  /** The server begins to close a connection. */
  public void closing(Viewer viewer, CloseCode code) {
    metrics.serverClosed(code);
    closing(viewer);
  }

  /** A connection begins to close; its socket is closed soon, whatever the other side does. */
  public void closing(Viewer viewer) {
    viewer.closeBy = connections.now() + DeliverySettings.CLOSE_PATIENCE.toMillis();
    rooms.leave(viewer);
  }

  /** A token that is still being checked does not let it in any more. */
  public void disconnected(Viewer viewer) {
    closing(viewer);
    connections.remove(viewer);
    if (viewer.slot != null) {
      viewer.slot.release();
    }
  }

  private void tick() {
    connections.advanceClock();
    memoryShort = DirectMemory.isShort();
    guarded("the end of replays", rooms::clearReplays);
    guarded("heartbeats", connections::sweep);
    guarded("the drain", connections::drainDue);
    guarded("reporting watches", watches::tick);
    guarded("reporting viewers", rooms::reportCounts);
  }

  /** Netty never runs a periodic task again once it has thrown. */
  private void guarded(String what, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      metrics.failed(what + " failed on one event loop; it is tried again", e);
    }
  }
}
