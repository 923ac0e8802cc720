package io.ovation;

import io.ovation.bus.Addresses;
import io.ovation.bus.Owners;
import io.ovation.bus.proto.StreamQuery;
import io.ovation.bus.proto.StreamState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;

/** Asks a stream's owner what it knows. Any thread. */
final class StreamQueries {
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(1_000);

  private final Vertx vertx;
  private final Owners owners;

  StreamQueries(Vertx vertx, Owners owners) {
    this.vertx = vertx;
    this.owners = owners;
  }

  /** The stream's viewers in the whole cluster; fails if its owner does not answer within 1 s. */
  Future<Long> viewers(String stream) {
    int partition = owners.partitions().of(stream);
    String owner = owners.of(partition);
    if (owner == null) {
      return Future.failedFuture("no node has the dispatcher's role");
    }
    StreamQuery query = StreamQuery.newBuilder().setPartition(partition).setStream(stream).build();
    return vertx
        .eventBus()
        .<StreamState>request(Addresses.dispatch(owner), query, PATIENCE)
        .map(answer -> answer.body().getViewers());
  }
}
