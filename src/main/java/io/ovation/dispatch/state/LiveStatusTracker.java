package io.ovation.dispatch.state;

import io.ovation.cluster.ObjectStreamNames;
import io.ovation.dispatch.DispatchMetrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of one partition's streams are live. The key in the store decides: it is read when a stream
 * gets its first viewer, and again when the stream was not seen in time, many streams at once; only
 * the store's answer turns a stream dark. Streams are tracked while they have viewers, so that no
 * bound is needed besides that of the routes. All on the dispatcher's context.
 */
final class LiveStatusTracker {
  private static final Logger log = LoggerFactory.getLogger(LiveStatusTracker.class);

  /** Streams per call of the store. */
  private static final int PAGE = 500;

  /** After a key's expiry, so that one call is enough. */
  private static final long BEHIND_MS = 20;

  /** Streams without viewers are removed when this many are tracked, then at twice the rest. */
  private static final int PURGE_FROM = 1_000;

  /** The viewers of the partition's streams. */
  interface Viewers {
    /** Whether the stream has any. */
    boolean watching(String stream);

    /** Sends the status to the stream's viewers, and to those that come later. */
    void sendStatus(String stream, boolean live);

    /** Whether viewers that come now get a status sent by {@link #sendStatus}. */
    boolean statusSent(String stream);
  }

  private final LastSeenIndex lastSeen;
  private final ObjectStreamNames names;
  private final Viewers viewers;
  private final LongSupplier millis;
  private final DispatchMetrics metrics;
  private final Map<String, Status> tracked = new HashMap<>();

  /** Each live stream once, unless it is among those to look up. */
  private final PriorityQueue<Expiry> expiries =
      new PriorityQueue<>((a, b) -> Long.compare(a.atMs - b.atMs, 0));

  private final Set<String> toLookUp = new LinkedHashSet<>();
  private boolean lookingUp;
  private int purgeAt = PURGE_FROM;

  private static final class Status {
    private final long object;
    private Live live = Live.UNHEARD;
    private long untilMs;

    /** Neither the store nor a checker has reported anything yet. */
    private boolean unknown = true;

    /** It waits for the store's answer, asked or yet to be asked. */
    private boolean awaitsStore = true;

    Status(long object) {
      this.object = object;
    }
  }

  private record Expiry(String stream, Status status, long atMs) {}

  /**
   * @param millis the monotonic clock
   */
  LiveStatusTracker(
      LastSeenIndex lastSeen,
      ObjectStreamNames names,
      Viewers viewers,
      LongSupplier millis,
      DispatchMetrics metrics) {
    this.lastSeen = lastSeen;
    this.names = names;
    this.viewers = viewers;
    this.millis = millis;
    this.metrics = metrics;
  }

  /** These streams have viewers on one more node. */
  void watched(Collection<String> streams) {
    for (String stream : streams) {
      Status status = tracked.get(stream);
      if (status == null) {
        names
            .object(stream)
            .ifPresent(
                object -> {
                  tracked.put(stream, new Status(object));
                  toLookUp.add(stream);
                });
      } else if (status.live != Live.UNHEARD && !viewers.statusSent(stream)) {
        viewers.sendStatus(stream, status.live == Live.LIVE);
      }
    }
    lookUp();
  }

  /** A stream's object was seen, and counts as live for {@code leftMs}. */
  void seen(String stream, long leftMs) {
    Status status = tracked.get(stream);
    if (status == null) {
      return;
    }
    if (!viewers.watching(stream)) {
      tracked.remove(stream);
      return;
    }
    live(stream, status, leftMs);
  }

  private void live(String stream, Status status, long leftMs) {
    long until = millis.getAsLong() + leftMs + BEHIND_MS;
    boolean already = status.live == Live.LIVE;
    status.untilMs = already ? Math.max(status.untilMs, until) : until;
    status.unknown = false;
    if (!already) {
      change(stream, status, Live.LIVE);
      if (!status.awaitsStore) {
        expiries.add(new Expiry(stream, status, status.untilMs));
      }
    }
  }

  private void change(String stream, Status status, Live live) {
    if (status.live != live) {
      status.live = live;
      (live == Live.LIVE ? metrics.wentLive : metrics.wentDark).increment();
      log.debug("stream {} is {}", stream, live);
      viewers.sendStatus(stream, live == Live.LIVE);
    }
  }

  /** Looks up the streams that were not seen in time. To be called several times a second. */
  void tick() {
    long now = millis.getAsLong();
    for (Expiry first = expiries.peek();
        first != null && first.atMs <= now;
        first = expiries.peek()) {
      expiries.remove();
      Status status = first.status;
      if (tracked.get(first.stream) != status) {
        continue; // No longer tracked, or tracked again since.
      }
      if (!viewers.watching(first.stream)) {
        tracked.remove(first.stream);
      } else if (status.untilMs > now) {
        expiries.add(new Expiry(first.stream, status, status.untilMs));
      } else {
        status.awaitsStore = true;
        toLookUp.add(first.stream);
      }
    }
    if (tracked.size() >= purgeAt) {
      tracked.keySet().removeIf(stream -> !viewers.watching(stream));
      purgeAt = Math.max(PURGE_FROM, 2 * tracked.size());
    }
    lookUp();
  }

  private void lookUp() {
    if (lookingUp || toLookUp.isEmpty()) {
      return;
    }
    lookingUp = true;
    List<String> page = toLookUp.stream().limit(PAGE).toList();
    page.forEach(toLookUp::remove);
    Map<String, Long> objects = new LinkedHashMap<>();
    for (String stream : page) {
      Status status = tracked.get(stream);
      if (status != null) {
        objects.put(stream, status.object);
      }
    }
    lastSeen
        .states(List.copyOf(objects.values()))
        .onComplete(
            answer -> {
              lookingUp = false;
              if (answer.failed()) {
                toLookUp.addAll(objects.keySet()); // With the next tick.
                return;
              }
              int i = 0;
              for (String stream : objects.keySet()) {
                found(stream, answer.result().get(i++));
              }
              lookUp();
            });
  }

  private void found(String stream, long left) {
    Status status = tracked.get(stream);
    if (status == null || !status.awaitsStore) {
      return;
    }
    status.unknown = false;
    if (left > 0) {
      live(stream, status, left);
    }
    status.awaitsStore = false;
    if (status.live == Live.LIVE && status.untilMs > millis.getAsLong()) {
      // Either the store has the key, or the object was seen while the store was asked.
      expiries.add(new Expiry(stream, status, status.untilMs));
    } else if (left == LastSeenIndex.GONE || status.live == Live.LIVE) {
      change(stream, status, Live.DARK);
    }
  }

  /** Whether a stream is live, as far as that is known without the store. */
  Live known(String stream) {
    Status status = tracked.get(stream);
    return status == null ? Live.UNHEARD : status.live;
  }

  /**
   * Whether a stream is live, tracked or not. Fails when only the store knows and it does not
   * answer.
   */
  Future<Live> of(String stream) {
    Status status = tracked.get(stream);
    if (status != null && !status.unknown) {
      return Future.succeededFuture(status.live);
    }
    OptionalLong object = names.object(stream);
    if (object.isEmpty()) {
      return Future.succeededFuture(Live.UNHEARD);
    }
    return lastSeen
        .states(List.of(object.getAsLong()))
        .map(
            answer -> {
              long left = answer.get(0);
              return left > 0 ? Live.LIVE : left == LastSeenIndex.GONE ? Live.DARK : Live.UNHEARD;
            });
  }
}
