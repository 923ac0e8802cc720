package io.ovation.cluster;

import io.ovation.wire.Addresses;
import io.ovation.wire.proto.StreamQuery;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;

/** Asks a stream's owner for its state. Any thread. */
public final class StreamStateClient {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final PartitionAssignment assignment;

  public StreamStateClient(Vertx vertx, PartitionAssignment assignment) {
    this.vertx = vertx;
    this.assignment = assignment;
  }

  /** Fails if no owner answers within 2 s. */
  public Future<StreamStatus> state(String stream) {
    int partition = assignment.partitions().of(stream);
    String owner = assignment.of(partition);
    if (owner == null) {
      return Future.failedFuture("no dispatcher is in the cluster");
    }
    StreamQuery query = StreamQuery.newBuilder().setPartition(partition).setStream(stream).build();
    return vertx
        .eventBus()
        .<StreamStatus>request(Addresses.dispatch(owner), query, TIMEOUT)
        .map(Message::body);
  }
}
