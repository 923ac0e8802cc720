package io.ovation.dispatch;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.config.Config;
import io.ovation.dispatch.comments.RateLimiter;
import io.ovation.queue.Broker;
import io.ovation.queue.Partitions;
import io.ovation.store.Store;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What all partitions of a dispatcher share.
 *
 * @param viewersInterval how often changed viewer counts are told
 * @param names of the streams that show whether an object is live
 * @param micros microseconds since 1970, for stamps
 * @param millis milliseconds since 1970
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
    StoreHealth watch,
    RateLimiter rate,
    DispatchMetrics meters,
    ObjectStreamNames names,
    LongSupplier micros,
    LongSupplier millis) {

  EventBus bus() {
    return vertx.eventBus();
  }
}
