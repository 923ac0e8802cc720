package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.ovation.deliver.DeliveryMetrics;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Brings the messages that wait in rooms to their viewers, room by room, in turns of the event
 * loop. If the loop is idle, a message is sent at once; messages that arrive during a fan-out are
 * sent together in the next. One loop.
 *
 * <p>A turn serves a bounded number of viewers, then the loop reads its sockets. For that the next
 * turn is scheduled as a timer of zero, not as a task: Netty's loop runs tasks, and the tasks they
 * add, for up to a second before it reads a socket, but timers only after it did.
 *
 * <p>A batch that fails becomes a gap for the viewers that did not get it; the other rooms go on.
 */
public final class FanOutScheduler {
  /**
   * How long states wait for an event to be sent with. Fanning out to thousands of viewers takes
   * tens of milliseconds, in which a comment would have to wait for states alone.
   */
  static final long STATES_MS = 100;

  /** How long a room pauses after a failed batch, so that a lasting failure does not spin. */
  static final long RETRY_MS = 100;

  private final EventLoop loop;
  private final int viewersPerTurn;
  private final DeliveryMetrics metrics;
  private final FanOutStats stats;
  private final ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;
  private final ArrayDeque<StreamRoom> queue = new ArrayDeque<>();
  private boolean scheduled;

  public FanOutScheduler(EventLoop loop, int viewersPerTurn, DeliveryMetrics metrics) {
    this.loop = loop;
    this.viewersPerTurn = viewersPerTurn;
    this.metrics = metrics;
    this.stats = new FanOutStats(metrics);
  }

  public void add(StreamRoom room) {
    if (!room.queued) {
      room.queued = true;
      queue.add(room);
    }
    if (!scheduled) {
      scheduled = true;
      // Behind the tasks that are queued already: they may bring more messages for this room.
      loop.execute(this::turn);
    }
  }

  /** Sends a room's changed states with its next events, or after {@link #STATES_MS} without. */
  public void addStates(StreamRoom room) {
    if (!room.statesTimerSet) {
      room.statesTimerSet = true;
      loop.schedule(() -> statesDue(room), STATES_MS, TimeUnit.MILLISECONDS);
    }
  }

  private void statesDue(StreamRoom room) {
    room.statesTimerSet = false;
    room.statesDue();
    addIfWork(room);
  }

  private void addIfWork(StreamRoom room) {
    if (room.hasWork()) {
      add(room);
    }
  }

  private void turn() {
    try {
      int left = viewersPerTurn;
      StreamRoom room;
      while (left > 0 && (room = queue.poll()) != null) {
        left -= serve(room, left);
      }
      stats.flush();
    } finally {
      scheduled = !queue.isEmpty();
      if (scheduled) {
        loop.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
      }
    }
  }

  private int serve(StreamRoom room, int budget) {
    int served = 1;
    room.queued = false;
    try {
      if (room.hasWork()) {
        served = room.advance(budget, alloc, stats);
      }
      if (room.hasWork()) {
        room.queued = true;
        queue.add(room);
      }
    } catch (RuntimeException | Error e) {
      metrics.failed("a batch of stream " + room.stream + " became a gap for some viewers", e);
      loop.schedule(() -> addIfWork(room), RETRY_MS, TimeUnit.MILLISECONDS);
      room.abandonBatch(e);
    }
    return served;
  }
}
