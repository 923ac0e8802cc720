package io.ovation.deliver;

/**
 * Looks after all connections of a shard with one timer: each tick visits a slice, so that every
 * connection is visited about once a second, and pings are spread over time as connections were.
 */
final class Sweep {
  /** How often a slice is visited. */
  static final long TICK_MS = 100;

  private final Settings settings;
  private final Connections connections;
  private final Farewells farewells;
  private final Meters meters;

  /** Ticks in which all are visited once: a second, or less for a very short heartbeat. */
  private final int slices;

  private int next;

  Sweep(Settings settings, Connections connections, Farewells farewells, Meters meters) {
    this.settings = settings;
    this.connections = connections;
    this.farewells = farewells;
    this.meters = meters;
    this.slices = (int) Math.max(1, Math.min(1000, settings.heartbeatMs() / 5) / TICK_MS);
  }

  void tick(long now) {
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
      viewer.end(farewells.code());
    } else {
      if (viewer.leaveBy < 0 && now >= viewer.expiresAt) {
        farewells.expire(viewer, now);
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
    Room room = viewer.room;
    if (ticket != null
        && room != null
        && now - ticket.askedAt > Settings.REPLAY_PATIENCE.toMillis()) {
      meters.replaysLost.increment();
      viewer.giveUp(room.last());
    }
  }
}
