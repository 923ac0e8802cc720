package io.ovation.deliver;

import io.micrometer.core.instrument.Counter;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.Transport;
import io.ovation.metrics.Metrics;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** What the shards of a node count, together. Any thread. */
public final class DeliveryMetrics {
  private final Map<Transport, AtomicInteger> connections = new EnumMap<>(Transport.class);
  private final Map<CloseCode, Counter> closes = new EnumMap<>(CloseCode.class);
  private final Metrics metrics;

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
  final Counter dropped;
  public final Counter refusedFallbacks;
  public final Counter expired;
  public final Counter drained;

  DeliveryMetrics(Metrics metrics) {
    this.metrics = metrics;
    deliveries = counter("messages", "Messages written to viewers, each viewer counted");
    bytes = counter("bytes", "Bytes of messages written to viewers");
    passes = counter("passes", "Batches brought to all viewers of a room");
    turns = counter("turns", "Turns of event loops it took to do so");
    slow = counter("slow", "Times a viewer's buffer was full and it began to lose messages");
    skipped = counter("skipped", "Messages not written because a viewer's buffer was full");
    conflated =
        counter("conflated", "States that a viewer did not get because a newer one took its place");
    gaps = counter("gaps", "Gaps told to viewers");
    overflows = counter("overflows", "Times a loop fell so far behind that a room lost messages");
    replays = counter("replays", "Returning viewers that asked for what they missed");
    replaysLost =
        counter("replays.lost", "Replays that came too late; their viewers were told a gap");
    dropped = counter("dropped", "Messages from viewers dropped unread: too many in a second");
    refusedFallbacks =
        counter("fallbacks.refused", "SockJS fallback requests refused: too many sessions");
    expired = reconnects("ttl");
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
    for (CloseCode code : CloseCode.values()) {
      closes.put(
          code,
          metrics.counter(
              "ovation.deliver.closes",
              "Connections the server ended, by reason",
              "reason",
              code.name().toLowerCase(Locale.ROOT)));
    }
  }

  void opened(Transport transport) {
    open(transport).incrementAndGet();
  }

  void closed(Transport transport) {
    open(transport).decrementAndGet();
  }

  public int connections() {
    int sum = 0;
    for (AtomicInteger open : connections.values()) {
      sum += open.get();
    }
    return sum;
  }

  void ended(CloseCode code) {
    Counter counter = closes.get(code);
    if (counter != null) {
      counter.increment();
    }
  }

  /** An error frame; codes are few and ours, or the intake's. */
  void error(String code) {
    metrics
        .counter("ovation.deliver.errors", "Error frames sent to viewers, by code", "code", code)
        .increment();
  }

  private AtomicInteger open(Transport transport) {
    return java.util.Objects.requireNonNull(connections.get(transport));
  }

  private Counter reconnects(String reason) {
    return metrics.counter(
        "ovation.deliver.reconnects", "Viewers asked to connect anew, by reason", "reason", reason);
  }

  private Counter counter(String name, String help) {
    return metrics.counter("ovation.deliver." + name, help);
  }
}
