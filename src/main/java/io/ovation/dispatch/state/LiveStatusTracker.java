package io.ovation.dispatch.state;

import io.ovation.cluster.ObjectStreamNames;
import io.ovation.dispatch.DispatchMetrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
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
 * Which of one partition's streams are live. The store's key is the truth: it is asked once when a
 * stream comes, and again when what was heard of the stream since is over, in pages; before it has
 * said so nobody is told that a stream went dark. Known are the streams that have viewers, so that
 * there is no bound to keep beside that of the routes. All on the dispatcher's context.
 */
public final class LiveStatusTracker {
  private static final Logger log = LoggerFactory.getLogger(LiveStatusTracker.class);

  /** Streams per question to the store. */
  private static final int PAGE = 500;

  /** Behind the end of a key, so that one question is enough. */
  private static final long BEHIND_MS = 20;

  /** Streams without viewers are looked for when there are so many, and then twice as many. */
  private static final int FORGET_FROM = 1_000;

  /** Those who watch the partition's streams. */
  interface Viewers {
    /** Whether anybody watches. */
    boolean watch(String stream);

    /** Tells them that the stream is live or dark; and those who come. */
    void tell(String stream, boolean live);

    /** Whether they, and those who come, know by a call of {@link #tell}. */
    boolean told(String stream);
  }

  private final LastSeenIndex sightings;
  private final ObjectStreamNames names;
  private final Viewers viewers;
  private final LongSupplier millis;
  private final DispatchMetrics meters;
  private final Map<String, Status> known = new HashMap<>();

  /** Each live stream once, unless it is among those to ask for. */
  private final PriorityQueue<Due> due =
      new PriorityQueue<>((a, b) -> Long.compare(a.atMs - b.atMs, 0));

  private final Set<String> toAsk = new LinkedHashSet<>();
  private boolean asking;
  private int forgetAt = FORGET_FROM;

  private static final class Status {
    private final long object;
    private Live live = Live.UNHEARD;
    private long untilMs;

    /** Neither the store nor who checked the object has said anything yet. */
    private boolean open = true;

    /** To be asked for, or being asked for. */
    private boolean inQuestion = true;

    Status(long object) {
      this.object = object;
    }
  }

  private record Due(String stream, Status status, long atMs) {}

  /**
   * @param millis the monotonic clock
   */
  public LiveStatusTracker(
      LastSeenIndex sightings,
      ObjectStreamNames names,
      Viewers viewers,
      LongSupplier millis,
      DispatchMetrics meters) {
    this.sightings = sightings;
    this.names = names;
    this.viewers = viewers;
    this.millis = millis;
    this.meters = meters;
  }

  /** Somebody, or somebody else, watches these streams. */
  public void watched(Collection<String> streams) {
    for (String stream : streams) {
      Status status = known.get(stream);
      if (status == null) {
        names
            .object(stream)
            .ifPresent(
                object -> {
                  known.put(stream, new Status(object));
                  toAsk.add(stream);
                });
      } else if (status.live != Live.UNHEARD && !viewers.told(stream)) {
        viewers.tell(stream, status.live == Live.LIVE);
      }
    }
    ask();
  }

  /** A stream's object was seen, and counts as live for so long. */
  public void seen(String stream, long leftMs) {
    Status status = known.get(stream);
    if (status == null) {
      return;
    }
    if (!viewers.watch(stream)) {
      known.remove(stream);
      return;
    }
    live(stream, status, leftMs);
  }

  private void live(String stream, Status status, long leftMs) {
    long until = millis.getAsLong() + leftMs + BEHIND_MS;
    boolean already = status.live == Live.LIVE;
    status.untilMs = already ? Math.max(status.untilMs, until) : until;
    status.open = false;
    if (!already) {
      turn(stream, status, Live.LIVE);
      if (!status.inQuestion) {
        due.add(new Due(stream, status, status.untilMs));
      }
    }
  }

  private void turn(String stream, Status status, Live live) {
    if (status.live != live) {
      status.live = live;
      (live == Live.LIVE ? meters.wentLive : meters.wentDark).increment();
      log.debug("stream {} is {}", stream, live);
      viewers.tell(stream, live == Live.LIVE);
    }
  }

  /** Asks for what is over. To be called several times a second. */
  public void tick() {
    long now = millis.getAsLong();
    for (Due first = due.peek(); first != null && first.atMs <= now; first = due.peek()) {
      due.remove();
      Status status = first.status;
      if (known.get(first.stream) != status) {
        continue; // It was forgotten, and maybe came again.
      }
      if (!viewers.watch(first.stream)) {
        known.remove(first.stream);
      } else if (status.untilMs > now) {
        due.add(new Due(first.stream, status, status.untilMs));
      } else {
        status.inQuestion = true;
        toAsk.add(first.stream);
      }
    }
    if (known.size() >= forgetAt) {
      known.keySet().removeIf(stream -> !viewers.watch(stream));
      forgetAt = Math.max(FORGET_FROM, 2 * known.size());
    }
    ask();
  }

  private void ask() {
    if (asking || toAsk.isEmpty()) {
      return;
    }
    asking = true;
    List<String> page = toAsk.stream().limit(PAGE).toList();
    page.forEach(toAsk::remove);
    List<String> wanted = page.stream().filter(known::containsKey).toList();
    List<Long> objects =
        wanted.stream()
            .map(stream -> java.util.Objects.requireNonNull(known.get(stream)).object)
            .toList();
    sightings
        .states(objects)
        .onComplete(
            answer -> {
              asking = false;
              if (answer.failed()) {
                toAsk.addAll(wanted); // With the next tick.
                return;
              }
              for (int i = 0; i < wanted.size(); i++) {
                told(wanted.get(i), answer.result().get(i));
              }
              ask();
            });
  }

  private void told(String stream, long left) {
    Status status = known.get(stream);
    if (status == null || !status.inQuestion) {
      return;
    }
    status.open = false;
    if (left > 0) {
      live(stream, status, left);
    }
    status.inQuestion = false;
    if (status.live == Live.LIVE && status.untilMs > millis.getAsLong()) {
      // By the store, or it was seen while the store was asked.
      due.add(new Due(stream, status, status.untilMs));
    } else if (left == LastSeenIndex.GONE || status.live == Live.LIVE) {
      turn(stream, status, Live.DARK);
    }
  }

  /** Whether a stream is live, known or not. Fails when only the store could tell and does not. */
  public Future<Live> of(String stream) {
    Status status = known.get(stream);
    if (status != null && !status.open) {
      return Future.succeededFuture(status.live);
    }
    OptionalLong object = names.object(stream);
    if (object.isEmpty()) {
      return Future.succeededFuture(Live.UNHEARD);
    }
    return sightings
        .states(List.of(object.getAsLong()))
        .map(
            answer -> {
              long left = answer.get(0);
              return left > 0 ? Live.LIVE : left == LastSeenIndex.GONE ? Live.DARK : Live.UNHEARD;
            });
  }
}
