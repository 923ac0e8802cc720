package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.function.LongSupplier;

/**
 * What the parts of a supervisor share.
 *
 * @param context the supervisor's
 * @param nanoTime a monotonic clock in nanoseconds
 */
public record SupervisorContext(
    Vertx vertx,
    Context context,
    Cluster cluster,
    PartitionAssignment assignment,
    SupervisorMetrics meters,
    LongSupplier nanoTime) {

  /** Sends a message; the future completes with its reply, or fails after the timeout. */
  public <T> Future<T> request(String address, Object message, long timeoutMs) {
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(timeoutMs);
    return vertx.eventBus().<T>request(address, message, options).map(Message::body);
  }
}
