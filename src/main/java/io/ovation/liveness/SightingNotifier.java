package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.metrics.Metrics;
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
import java.util.function.LongSupplier;

/**
 * Notifies each stream's owner that its object was seen, and for how long that is valid. Sightings
 * within 50 ms go to an owner as one message, one message at a time; those that an owner does not
 * accept are sent, while they are valid, to the stream's owner at that time. Used on one context.
 */
final class SightingNotifier {
  private static final long COLLECT_MS = 50;
  private static final long RETRY_MS = 250;
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  /** Streams per message. */
  private static final int MAX_MESSAGE = 1_000;

  /**
   * Streams that may wait for an owner. Little is lost beyond that: a new owner reads the store,
   * and a stream that went live in the meantime is sent with its next check.
   */
  private static final int MAX_WAITING = 50_000;

  private final Vertx vertx;
  private final PartitionAssignment assignment;
  private final ObjectStreamNames streams;
  private final LongSupplier nanos;
  private final Counter notNotified;

  /** Stream → until when its sighting is valid, on the monotonic clock. */
  private final Map<String, Long> waiting = new LinkedHashMap<>();

  /** Owners that have not answered yet. */
  private final Set<String> unanswered = new HashSet<>();

  private boolean scheduled;

  /**
   * @param assignment of the streams' partitions to dispatchers
   */
  SightingNotifier(
      Vertx vertx,
      PartitionAssignment assignment,
      ObjectStreamNames streams,
      LongSupplier nanos,
      Metrics metrics) {
    this.vertx = vertx;
    this.assignment = assignment;
    this.streams = streams;
    this.nanos = nanos;
    String help = "sightings that did not reach the stream's owner in time";
    this.notNotified = metrics.counter("ovation.liveness.untold", help);
  }

  void seen(long object, long leftMs) {
    add(streams.stream(object), nanos.getAsLong() + leftMs * 1_000_000);
    sendIn(COLLECT_MS);
  }

  private void add(String stream, long until) {
    if (waiting.size() >= MAX_WAITING && !waiting.containsKey(stream)) {
      notNotified.increment();
      return;
    }
    waiting.merge(stream, until, Math::max);
  }

  private void sendIn(long ms) {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      vertx.setTimer(ms, t -> sendAll());
    }
  }

  private void sendAll() {
    scheduled = false;
    long now = nanos.getAsLong();
    Map<String, Map<String, Long>> byOwner = new HashMap<>();
    for (Iterator<Map.Entry<String, Long>> it = waiting.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<String, Long> next = it.next();
      if (next.getValue() - now <= 0) {
        notNotified.increment();
        it.remove();
        continue;
      }
      String owner = assignment.of(assignment.partitions().of(next.getKey()));
      if (owner != null && !unanswered.contains(owner)) {
        Map<String, Long> message = byOwner.computeIfAbsent(owner, o -> new HashMap<>());
        if (message.size() < MAX_MESSAGE) {
          message.put(next.getKey(), next.getValue());
          it.remove();
        }
      }
    }
    byOwner.forEach((owner, message) -> send(owner, message, now));
    sendIn(RETRY_MS);
  }

  private void send(String owner, Map<String, Long> message, long now) {
    Seen.Builder seen = Seen.newBuilder();
    message.forEach(
        (stream, until) -> seen.putLeftMs(stream, Math.max(1, (until - now) / 1_000_000)));
    unanswered.add(owner);
    vertx
        .eventBus()
        .<Answer>request(Addresses.dispatch(owner), seen.build(), TIMEOUT)
        .onComplete(
            answer -> {
              unanswered.remove(owner);
              boolean taken = answer.succeeded() && answer.result().body().getAccepted();
              if (!taken) {
                message.forEach(this::add);
              }
              sendIn(taken ? COLLECT_MS : RETRY_MS);
            });
  }
}
