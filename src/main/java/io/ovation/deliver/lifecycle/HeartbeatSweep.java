package io.ovation.deliver.lifecycle;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.fanout.ViewerCursor;
import io.ovation.deliver.protocol.CloseCode;

/**
 * Pings a shard's connections and closes those that have failed or expired. Each tick visits a
 * slice of them, so that one timer visits every connection about once a second, and pings are
 * spread over time as the connections were. One loop.
 */
public final class HeartbeatSweep {
  /** How often a slice is visited. */
  public static final long TICK_MS = 100;

  private final DeliverySettings settings;
  private final DenseArray<Viewer> connections;
  private final DrainScheduler drain;
  private final DeliveryMetrics metrics;

  /** Ticks in which all are visited once: a second, or less for a very short heartbeat. */
  private final int slices;

  private int next;

  public HeartbeatSweep(
      DeliverySettings settings,
      DenseArray<Viewer> connections,
      DrainScheduler drain,
      DeliveryMetrics metrics) {
    this.settings = settings;
    this.connections = connections;
    this.drain = drain;
    this.metrics = metrics;
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
    try {
      check(viewer, now);
    } catch (RuntimeException | Error e) {
      metrics.failed("a connection's check failed; the connection is closed", e);
      viewer.abort();
    }
  }

  private void check(Viewer viewer, long now) {
    if (viewer.isClosing()) {
      if (now >= viewer.closeBy) {
        viewer.abort();
      }
    } else if (now - viewer.aliveAt > 2 * settings.heartbeatMs()) {
      viewer.close(CloseCode.STALE);
    } else if (viewer.room == null && now - viewer.idleSince > settings.heartbeatMs()) {
      viewer.close(CloseCode.NEVER_WATCHED);
    } else if (viewer.fullSince >= 0 && now - viewer.fullSince > settings.stuckMs()) {
      viewer.close(CloseCode.STUCK);
    } else if (viewer.leaveBy >= 0 && now >= viewer.leaveBy) {
      viewer.close(drain.closeCode());
    } else {
      if (viewer.leaveBy < 0 && now >= viewer.expiresAt) {
        drain.expire(viewer, now);
      }
      ping(viewer, now);
      viewer.flushPendingStates();
      abandonLateReplay(viewer, now);
    }
  }

  private void ping(Viewer viewer, long now) {
    if (now - viewer.pingedAt >= settings.heartbeatMs()) {
      viewer.pingedAt = now;
      if (viewer.writable()) {
        viewer.ping();
      }
    }
  }

  private void abandonLateReplay(Viewer viewer, long now) {
    ViewerCursor.ReplayRequest request = viewer.replayRequest();
    StreamRoom room = viewer.room;
    if (request != null
        && room != null
        && now - request.requestedAt > DeliverySettings.REPLAY_PATIENCE.toMillis()) {
      metrics.replaysLost.increment();
      viewer.abandonReplay(room.last());
    }
  }
}
