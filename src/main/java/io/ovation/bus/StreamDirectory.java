package io.ovation.bus;

import io.ovation.bus.proto.StreamQuery;
import io.ovation.bus.proto.StreamState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;

/** Asks a stream's owner for its state. Any thread. */
public final class StreamDirectory {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final Owners owners;

  public StreamDirectory(Vertx vertx, Owners owners) {
    this.vertx = vertx;
    this.owners = owners;
  }

  /** Fails if no owner answers within 2 s. */
  public Future<StreamState> state(String stream) {
    int partition = owners.partitions().of(stream);
    String owner = owners.of(partition);
    if (owner == null) {
      return Future.failedFuture("no dispatcher is in the cluster");
    }
    StreamQuery query = StreamQuery.newBuilder().setPartition(partition).setStream(stream).build();
    return vertx
        .eventBus()
        .<StreamState>request(Addresses.dispatch(owner), query, TIMEOUT)
        .map(Message::body);
  }
}
