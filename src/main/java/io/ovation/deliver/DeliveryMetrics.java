package io.ovation.deliver;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.transport.Transport;
import io.ovation.http.problem.RefusalMetrics;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.DirectMemory;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of a node's shards. Any thread. */
public final class DeliveryMetrics {
  private static final Logger log = LoggerFactory.getLogger(DeliveryMetrics.class);

  private final Map<Transport, AtomicInteger> connections = new EnumMap<>(Transport.class);
  private final Map<CloseCode, Counter> closes;
  private final Metrics metrics;
  private final RefusalMetrics refusals;

  public final Counter deliveries;
  public final Counter bytes;
  public final Counter passes;
  public final Counter turns;
  public final Counter slow;
  public final Counter skipped;
  public final Counter conflated;
  public final Counter gaps;
  public final Counter overflows;
  final Counter replays;
  public final Counter replaysLost;
  public final Counter replayPages;
  final Counter dropped;
  public final Counter refusedFallbacks;
  private final Counter failures;
  private final Timer write;
  private final Timer latency;
  public final Counter expired;
  public final Counter tokensEnded;
  public final Counter drained;

  public DeliveryMetrics(Metrics metrics) {
    this.metrics = metrics;
    refusals = new RefusalMetrics(metrics);
    deliveries = counter("messages", "Messages written to viewers, each viewer counted");
    bytes = counter("bytes", "Bytes of messages written to viewers");
    passes = counter("passes", "Batches that were fanned out to all viewers of a room");
    turns = counter("turns", "Turns of event loops that fan-out took");
    slow =
        counter("slow", "Times a viewer's buffer was full and messages to it began to be skipped");
    skipped = counter("skipped", "Messages not written because a viewer's buffer was full");
    conflated =
        counter(
            "conflated", "States not written to a slow viewer because a newer one replaced them");
    gaps = counter("gaps", "Gaps that viewers were notified of");
    overflows =
        counter(
            "overflows",
            "Times a loop fell so far behind that waiting messages of a room became a gap");
    replays = counter("replays", "Replays requested for returning viewers");
    replaysLost = counter("replays.lost", "Replays that took too long and became a gap");
    replayPages =
        counter(
            "replay.pages",
            "Pages of missed messages that were encoded, each for all viewers that missed the same");
    dropped =
        counter("dropped", "Messages from viewers that were dropped unread: too many in a second");
    refusedFallbacks =
        counter("fallbacks.refused", "SockJS fallback requests refused: too many sessions");
    failures =
        counter("failures", "Batches and periodic tasks that failed; the others go on regardless");
    write =
        metrics.timer(
            "ovation.deliver.write",
            "From a batch's arrival at an event loop to its write to the last viewer there");
    latency =
        metrics.timer(
            "ovation.deliver.latency",
            "End to end: from accepting a comment to its write to the last viewer of an event loop;"
                + " the first comment of each batch, by two nodes' wall clocks");
    metrics.gauge(
        "ovation.deliver.memory.short",
        "1 while so much direct memory is used that slow viewers are sent less, or closed",
        this,
        m -> DirectMemory.isShort() ? 1 : 0);
    expired = reconnects("ttl");
    tokensEnded = reconnects("token");
    drained = reconnects("drain");
    for (Transport transport : Transport.values()) {
      AtomicInteger open = new AtomicInteger();
      connections.put(transport, open);
      metrics.gauge(
          "ovation.deliver.connections",
          "Open connections of viewers",
          open,
          AtomicInteger::get,
          "transport",
          transport.text());
    }
    closes =
        metrics.counters(
            "ovation.deliver.closes",
            "Connections closed by the server, by reason",
            "reason",
            CloseCode.class);
  }

  /**
   * A batch was written to all viewers of its room.
   *
   * @param arrivedNanos {@link System#nanoTime} of its arrival
   * @param acceptedMs when its first comment was accepted; 0 if that is not known
   */
  public void written(long arrivedNanos, long acceptedMs) {
    write.record(System.nanoTime() - arrivedNanos, TimeUnit.NANOSECONDS);
    if (acceptedMs > 0) {
      long tookMs = System.currentTimeMillis() - acceptedMs;
      latency.record(Math.max(0, tookMs), TimeUnit.MILLISECONDS);
    }
  }

  public void opened(Transport transport) {
    open(transport).incrementAndGet();
  }

  public void closed(Transport transport) {
    open(transport).decrementAndGet();
  }

  public int connections() {
    return connections.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  void serverClosed(CloseCode code) {
    Objects.requireNonNull(closes.get(code)).increment();
  }

  /** Counts and logs a failure that is a mistake of the server, or a lack of memory. */
  public void failed(String consequence, Throwable cause) {
    failures.increment();
    log.error(consequence, cause);
  }

  /** Counts an {@code error} that a viewer gets. */
  void refused(Transport transport, String code) {
    refusals.refused(transport.door(), code);
  }

  private AtomicInteger open(Transport transport) {
    return Objects.requireNonNull(connections.get(transport));
  }

  private Counter reconnects(String reason) {
    return metrics.counter(
        "ovation.deliver.reconnects", "Viewers asked to reconnect, by reason", "reason", reason);
  }

  private Counter counter(String name, String help) {
    return metrics.counter("ovation.deliver." + name, help);
  }
}
