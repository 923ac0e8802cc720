package io.ovation.liveness;

import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Seen;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Tells each stream's owner that its object was seen, and for how long that holds. What gathers
 * within 50 ms goes to an owner as one message, and one at a time waits for its answer; what an
 * owner does not take goes, while it holds, to whoever owns the stream by then. Used on one
 * context.
 */
final class SightingNotifier {
  private static final long GATHER_MS = 50;
  private static final long RETRY_MS = 250;
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  /** Streams per message. */
  private static final int CHUNK = 1_000;

  /**
   * Streams that may wait for an owner. A new one reads the store, so that little is lost past it:
   * a stream that went live meanwhile is told of with its next check.
   */
  private static final int MOST_WAITING = 50_000;

  private final Vertx vertx;
  private final PartitionAssignment assignment;
  private final ObjectStreamNames streams;
  private final CheckMetrics meters;

  /** Stream → until when it holds, on the monotonic clock. */
  private final Map<String, Long> untold = new LinkedHashMap<>();

  /** Owners whose answer is awaited. */
  private final Set<String> asked = new HashSet<>();

  private boolean scheduled;

  /**
   * @param owners of the streams' partitions
   */
  SightingNotifier(
      Vertx vertx, PartitionAssignment assignment, ObjectStreamNames streams, CheckMetrics meters) {
    this.vertx = vertx;
    this.assignment = assignment;
    this.streams = streams;
    this.meters = meters;
  }

  void seen(long object, long leftMs) {
    tell(streams.stream(object), System.nanoTime() + leftMs * 1_000_000);
    tellIn(GATHER_MS);
  }

  private void tell(String stream, long until) {
    if (untold.size() >= MOST_WAITING && !untold.containsKey(stream)) {
      meters.untold.increment();
      return;
    }
    untold.merge(stream, until, Math::max);
  }

  private void tellIn(long ms) {
    if (!scheduled && !untold.isEmpty()) {
      scheduled = true;
      vertx.setTimer(
          ms,
          t -> {
            scheduled = false;
            tellAll();
          });
    }
  }

  private void tellAll() {
    long now = System.nanoTime();
    Map<String, Map<String, Long>> byOwner = new HashMap<>();
    for (Iterator<Map.Entry<String, Long>> it = untold.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<String, Long> next = it.next();
      if (next.getValue() - now <= 0) {
        meters.untold.increment();
        it.remove();
        continue;
      }
      String owner = assignment.of(assignment.partitions().of(next.getKey()));
      if (owner != null && !asked.contains(owner)) {
        Map<String, Long> message = byOwner.computeIfAbsent(owner, o -> new HashMap<>());
        if (message.size() < CHUNK) {
          message.put(next.getKey(), next.getValue());
          it.remove();
        }
      }
    }
    byOwner.forEach((owner, message) -> send(owner, message, now));
    tellIn(RETRY_MS);
  }

  private void send(String owner, Map<String, Long> message, long now) {
    Seen.Builder seen = Seen.newBuilder();
    message.forEach(
        (stream, until) -> seen.putLeftMs(stream, Math.max(1, (until - now) / 1_000_000)));
    asked.add(owner);
    vertx
        .eventBus()
        .<Answer>request(Addresses.dispatch(owner), seen.build(), TIMEOUT)
        .onComplete(
            answer -> {
              asked.remove(owner);
              boolean taken = answer.succeeded() && answer.result().body().getAccepted();
              if (!taken) {
                message.forEach(this::tell);
              }
              tellIn(taken ? GATHER_MS : RETRY_MS);
            });
  }
}
