package io.ovation.queue;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import java.util.function.ToDoubleFunction;

/** The meters that every broker has. */
public final class QueueMetrics {
  public final Counter confirmed;
  public final Counter delayed;
  public final Counter refused;
  public final Counter unconfirmed;
  public final Counter delivered;
  public final Counter redelivered;
  public final Counter acked;
  public final Counter dead;
  public final Counter deadDropped;
  public final TaskGuard guard;

  /**
   * @param inFlight has a place taken for each publish without an answer yet
   */
  public QueueMetrics(Metrics metrics, InFlightLimiter inFlight) {
    guard = new TaskGuard(metrics);
    confirmed = metrics.counter("ovation.queue.confirmed", "Items written durably");
    delayed = metrics.counter("ovation.queue.delayed", "Items written durably with a delay");
    refused = metrics.counter("ovation.queue.refused", "Publishes refused at the in-flight bound");
    unconfirmed = metrics.counter("ovation.queue.unconfirmed", "Accepted publishes that failed");
    delivered = metrics.counter("ovation.queue.delivered", "Items delivered to consumers");
    redelivered =
        metrics.counter("ovation.queue.redelivered", "Items that may have been delivered before");
    acked = metrics.counter("ovation.queue.acked", "Items acked by consumers");
    dead = metrics.counter("ovation.queue.dead", "Items moved to dead letters");
    deadDropped =
        metrics.counter("ovation.queue.dead_dropped", "Dead letters dropped: there were too many");
    String help = "Publishes that are not answered yet";
    metrics.gauge("ovation.queue.in_flight", help, inFlight, InFlightLimiter::used);
  }

  /** Registers the gauge of a queue's dead letters, which operators' alerts use. */
  public <T> void deadLetters(Metrics metrics, String queue, T object, ToDoubleFunction<T> count) {
    String help = "Dead letters, approximately; at 100,000 the oldest are dropped";
    metrics.gauge("ovation.queue.dead.letters", help, object, count, "queue", queue);
  }
}
