package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.ovation.deliver.DeliveryMetrics;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Brings rooms what waits for them. When the loop is idle the first message leaves at once;
 * whatever comes while passes run leaves together in the next.
 *
 * <p>A turn meets a bounded number of viewers, then the loop reads its sockets. To that end it goes
 * on by a timer of zero, not by a task: Netty's loop runs tasks, and the tasks they add, for up to
 * a second before it looks at a socket, and timers that are due only after it did.
 */
public final class FanOutScheduler {
  /**
   * How long a stream's states wait for events to go along with. A pass over thousands of viewers
   * takes tens of milliseconds, in which a comment would have to wait for one that has states only.
   */
  private static final long STATES_MS = 100;

  private final EventLoop loop;
  private final int budget;
  private final DeliveryStats stats;
  private final ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;
  private final ArrayDeque<StreamRoom> line = new ArrayDeque<>();
  private boolean scheduled;

  public FanOutScheduler(EventLoop loop, int budget, DeliveryMetrics meters) {
    this.loop = loop;
    this.budget = budget;
    this.stats = new DeliveryStats(meters);
  }

  public void add(StreamRoom room) {
    if (!room.inLine) {
      room.inLine = true;
      line.add(room);
    }
    if (!scheduled) {
      scheduled = true;
      // Behind what is already there: what else has come for this room goes along.
      loop.execute(this::turn);
    }
  }

  /** A room's states have changed: they go with its next events, or after a while without. */
  public void addSoon(StreamRoom room) {
    if (!room.statesTimed) {
      room.statesTimed = true;
      loop.schedule(() -> statesDue(room), STATES_MS, TimeUnit.MILLISECONDS);
    }
  }

  private void statesDue(StreamRoom room) {
    room.statesTimed = false;
    room.statesDue();
    if (room.hasWork()) {
      add(room);
    }
  }

  private void turn() {
    int left = budget;
    StreamRoom room;
    while (left > 0 && (room = line.poll()) != null) {
      if (room.hasWork()) {
        left -= room.advance(left, alloc, stats);
      }
      if (room.hasWork()) {
        line.add(room);
      } else {
        room.inLine = false;
      }
    }
    stats.flush();
    scheduled = !line.isEmpty();
    if (scheduled) {
      loop.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
    }
  }
}
