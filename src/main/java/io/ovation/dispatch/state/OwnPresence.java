package io.ovation.dispatch.state;

import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamPresence.Live;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What other regions get of one partition's streams: how many viewers each has in this region
 * alone, and whether its object is seen here. Changes are numbered, so that a forwarder asks for
 * those that it has not handed on. All on the dispatcher's context.
 */
final class OwnPresence {
  /** Streams, those without viewers that were live lately included. */
  private static final int STREAMS = 100_000;

  /** Streams of one report. */
  private static final int PAGE = 2_000;

  /** A stream with nothing to say is forgotten after this time: elsewhere its last state ended. */
  private static final long KEEP_MS = 2 * OtherRegions.VALID_MS;

  private final LongSupplier millis;
  private final Runnable onRefused;
  private final Map<String, Entry> entries = new HashMap<>();
  private final TreeMap<Long, Entry> changes = new TreeMap<>();
  private long version;

  private static final class Entry {
    private final String stream;
    private long version;
    private long viewers;
    private boolean seen;
    private long liveUntil;
    private long changedAt;

    Entry(String stream) {
      this.stream = stream;
    }
  }

  /**
   * @param millis the monotonic clock
   * @param onRefused called for each change of a stream beyond the bound
   */
  OwnPresence(LongSupplier millis, Runnable onRefused) {
    this.millis = millis;
    this.onRefused = onRefused;
  }

  void viewers(String stream, long viewers) {
    Entry entry = entries.get(stream);
    if (entry == null ? viewers == 0 : entry.viewers == viewers) {
      return;
    }
    entry = entry == null ? add(stream) : entry;
    if (entry != null) {
      entry.viewers = viewers;
      change(entry);
    }
  }

  /** The stream counts as live in this region for {@code leftMs}. */
  void seen(String stream, long leftMs) {
    Entry entry = entries.get(stream);
    entry = entry == null ? add(stream) : entry;
    if (entry == null) {
      return;
    }
    long now = millis.getAsLong();
    boolean already = entry.liveUntil > now;
    entry.seen = true;
    entry.liveUntil = Math.max(entry.liveUntil, now + leftMs);
    if (!already) {
      change(entry);
    }
  }

  private @Nullable Entry add(String stream) {
    if (entries.size() >= STREAMS) {
      onRefused.run();
      return null;
    }
    return entries.computeIfAbsent(stream, Entry::new);
  }

  private void change(Entry entry) {
    changes.remove(entry.version, entry);
    entry.version = ++version;
    entry.changedAt = millis.getAsLong();
    changes.put(entry.version, entry);
  }

  /**
   * What changed after the report that the query names, at most a page.
   *
   * @param epoch of this owner; a report of another one is followed by everything
   */
  PresenceReport since(long epoch, PresenceQuery query) {
    long after = query.getEpoch() == epoch ? query.getVersion() : 0;
    long now = millis.getAsLong();
    PresenceReport.Builder report =
        PresenceReport.newBuilder().setEpoch(epoch).setVersion(Math.max(after, version));
    List<Entry> over = new ArrayList<>();
    for (Entry entry : changes.tailMap(after, false).values()) {
      boolean live = entry.liveUntil > now;
      if (entry.viewers == 0 && !live && now - entry.changedAt > KEEP_MS) {
        over.add(entry);
        continue;
      }
      if (report.getStreamsCount() == PAGE) {
        report.setMore(true);
        break;
      }
      report.addStreams(
          StreamPresence.newBuilder()
              .setStream(entry.stream)
              .setViewers(entry.viewers)
              .setLive(live ? Live.LIVE : entry.seen ? Live.DARK : Live.UNHEARD)
              .setLiveMs(live ? entry.liveUntil - now : 0)
              .setEpoch(epoch)
              .setVersion(entry.version));
      report.setVersion(report.getStreamsCount() == PAGE ? entry.version : report.getVersion());
    }
    over.forEach(
        entry -> {
          changes.remove(entry.version);
          entries.remove(entry.stream);
        });
    return report.build();
  }
}
