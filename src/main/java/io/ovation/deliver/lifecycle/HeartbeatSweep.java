package io.ovation.deliver.lifecycle;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.CloseCode;

/**
 * Looks after all connections of a shard with one timer: each tick visits a slice, so that every
 * connection is visited about once a second, and pings are spread over time as connections were.
 */
public final class HeartbeatSweep {
  /** How often a slice is visited. */
  public static final long TICK_MS = 100;

  private final DeliverySettings settings;
  private final ConnectionList connections;
  private final DrainScheduler drainScheduler;
  private final DeliveryMetrics meters;

  /** Ticks in which all are visited once: a second, or less for a very short heartbeat. */
  private final int slices;

  private int next;

  public HeartbeatSweep(
      DeliverySettings settings,
      ConnectionList connections,
      DrainScheduler drainScheduler,
      DeliveryMetrics meters) {
    this.settings = settings;
    this.connections = connections;
    this.drainScheduler = drainScheduler;
    this.meters = meters;
    this.slices = (int) Math.max(1, Math.min(1000, settings.heartbeatMs() / 5) / TICK_MS);
  }

  public void tick(long now) {
    int count = (connections.size() + slices - 1) / slices;
    for (int i = 0; i < count && connections.size() > 0; i++) {
      if (next >= connections.size()) {
        next = 0;
      }
      visit(connections.get(next++), now);
    }
  }

  private void visit(Viewer viewer, long now) {
    if (viewer.ending()) {
      if (now >= viewer.closeBy) {
        viewer.abort();
      }
    } else if (now - viewer.seenAt > 2 * settings.heartbeatMs()) {
      viewer.end(CloseCode.STALE);
    } else if (viewer.room == null && now - viewer.idleSince > settings.heartbeatMs()) {
      viewer.end(CloseCode.NEVER_WATCHED);
    } else if (viewer.fullSince >= 0 && now - viewer.fullSince > settings.stuckMs()) {
      viewer.end(CloseCode.STUCK);
    } else if (viewer.leaveBy >= 0 && now >= viewer.leaveBy) {
      viewer.end(drainScheduler.code());
    } else {
      if (viewer.leaveBy < 0 && now >= viewer.expiresAt) {
        drainScheduler.expire(viewer, now);
      }
      attend(viewer, now);
    }
  }

  private void attend(Viewer viewer, long now) {
    if (now - viewer.pingedAt >= settings.heartbeatMs()) {
      viewer.pingedAt = now;
      if (viewer.writable()) {
        viewer.ping();
      }
    }
    viewer.settle();
    Viewer.Ticket ticket = viewer.ticket();
    StreamRoom room = viewer.room;
    if (ticket != null
        && room != null
        && now - ticket.askedAt > DeliverySettings.REPLAY_PATIENCE.toMillis()) {
      meters.replaysLost.increment();
      viewer.giveUp(room.last());
    }
  }
}
