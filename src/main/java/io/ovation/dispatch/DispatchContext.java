package io.ovation.dispatch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.config.Config;
import io.ovation.dispatch.comments.DispatchRateLimiter;
import io.ovation.moderation.BanFilter;
import io.ovation.queue.Broker;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.Partitions;
import io.ovation.store.Store;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What all partitions of a dispatcher share.
 *
 * @param viewersInterval how often changed viewer counts are sent to viewers
 * @param names of the streams that show whether an object is live
 * @param regions this one, and those that get what this one accepts
 * @param filter for comments of users who were banned while their comments waited
 * @param events for archives, search and analytics
 * @param storeMicros the store's clock as last read, in microseconds since 1970
 * @param wallMillis milliseconds since 1970, for the time that viewers read
 * @param monotonicMillis for durations; never goes back
 */
public record DispatchContext(
    Vertx vertx,
    Config.Dispatch config,
    Config.Reactions reactions,
    Duration viewersInterval,
    Partitions partitions,
    Cluster cluster,
    Broker broker,
    Store store,
    StoreHealth storeHealth,
    DispatchRateLimiter rate,
    DispatchMetrics metrics,
    ObjectStreamNames names,
    RegionNames regions,
    BanFilter filter,
    EventPublisher events,
    LongSupplier storeMicros,
    LongSupplier wallMillis,
    LongSupplier monotonicMillis) {

  public EventBus bus() {
    return vertx.eventBus();
  }

  /** For requests to a node: it has {@code dispatch.node_timeout} to answer. */
  public DeliveryOptions nodeTimeout() {
    return new DeliveryOptions().setSendTimeout(config.nodeTimeout().toMillis());
  }
}
