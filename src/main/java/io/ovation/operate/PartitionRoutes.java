package io.ovation.operate;

import io.ovation.async.Futures;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.http.HttpEventLoop;
import io.ovation.http.Routes;
import io.ovation.http.body.JsonResponses;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.PartitionStatus;
import io.ovation.wire.proto.PartitionsQuery;
import io.ovation.wire.proto.PartitionsReport;
import io.ovation.wire.proto.StreamViewers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code /partitions}: who owns each partition and how it fares, and how far other regions are
 * behind, for the whole cluster, from any node; and this node's threads and heap. Asks each
 * dispatcher once.
 */
public final class PartitionRoutes implements Routes {
  /** A node that does not answer in this time is listed as silent. */
  private static final long PATIENCE_MS = 2_000;

  private static final List<String> QUEUES = List.of("comments", "reactions");

  private final Vertx vertx;
  private final Cluster cluster;
  private final Broker broker;
  private final int partitions;

  public PartitionRoutes(Vertx vertx, Cluster cluster, Broker broker, int partitions) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.broker = broker;
    this.partitions = partitions;
  }

  @Override
  public void mount(HttpEventLoop loop) {
    JsonResponses.onGet(loop.router(), "/partitions", ctx -> report(0));
  }

  /**
   * @param busiest how many streams to name, those with the most viewers of this region
   */
  Future<JsonObject> report(int busiest) {
    List<StreamViewers> streams = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    Map<Integer, JsonObject> owners = new TreeMap<>();
    Map<String, Long> duplicates = new TreeMap<>();
    List<Future<?>> answers = new ArrayList<>();
    for (String node : cluster.nodes(Role.DISPATCH)) {
      answers.add(
          ask(node, busiest)
              .onSuccess(
                  it -> {
                    it.getPartitionsList().forEach(one -> add(owners, node, one));
                    it.getPartitionsList().forEach(one -> streams.addAll(one.getBusiestList()));
                    it.getArrivedBeforeMap().forEach((k, n) -> duplicates.merge(k, n, Long::sum));
                  })
              .onFailure(e -> silent.add(node)));
    }
    JsonArray all = new JsonArray();
    return settled(answers)
        .compose(
            v -> {
              List<Future<?>> depths = new ArrayList<>();
              for (int partition = 0; partition < partitions; partition++) {
                JsonObject one = owners.getOrDefault(partition, unowned(partition));
                all.add(one);
                depths.add(depths(one, partition));
              }
              return settled(depths);
            })
        .compose(v -> RegionLags.of(vertx, cluster, duplicates))
        .map(
            regions ->
                withStreams(streams, busiest)
                    .put("node", cluster.self())
                    .put("members", members())
                    .put("silent", new JsonArray(silent))
                    .put("partitions", all)
                    .put("regions", regions)
                    .put("process", ProcessSummary.json()));
  }

  private static JsonObject withStreams(List<StreamViewers> streams, int busiest) {
    JsonArray most = new JsonArray();
    streams.stream()
        .sorted(Comparator.comparingLong(StreamViewers::getViewers).reversed())
        .limit(busiest)
        .forEach(
            one ->
                most.add(
                    new JsonObject()
                        .put("stream", one.getStream())
                        .put("viewers", one.getViewers())
                        .put("events", one.getEvents())));
    return busiest == 0 ? new JsonObject() : new JsonObject().put("streams", most);
  }

  private Future<PartitionsReport> ask(String node, int busiest) {
    DeliveryOptions patience = new DeliveryOptions().setSendTimeout(PATIENCE_MS);
    return vertx
        .eventBus()
        .<PartitionsReport>request(
            Addresses.dispatch(node),
            PartitionsQuery.newBuilder().setBusiest(busiest).build(),
            patience)
        .map(message -> message.body());
  }

  /** While a partition moves, two nodes may name it: the one with the higher epoch counts. */
  private static void add(Map<Integer, JsonObject> owners, String node, PartitionStatus status) {
    JsonObject known = owners.get(status.getPartition());
    if (known == null || known.getLong("epoch") <= status.getEpoch()) {
      owners.put(status.getPartition(), json(node, status));
    }
  }

  private static JsonObject json(String node, PartitionStatus status) {
    return new JsonObject()
        .put("partition", status.getPartition())
        .put("owner", node)
        .put("state", status.getState())
        .put("epoch", status.getEpoch())
        .put("lag_ms", status.getLagMs())
        .put("window", status.getWindow())
        .put("suspended", new JsonArray(List.copyOf(status.getSuspendedList())))
        .put("last_error", status.getLastError().isEmpty() ? null : status.getLastError());
  }

  private static JsonObject unowned(int partition) {
    return json("", PartitionStatus.newBuilder().setPartition(partition).setState("none").build())
        .putNull("owner");
  }

  /** Null where the broker does not answer. */
  private Future<?> depths(JsonObject one, int partition) {
    JsonObject depth = new JsonObject();
    one.put("depth", depth);
    List<Future<?>> answers = new ArrayList<>();
    for (String queue : QUEUES) {
      depth.putNull(queue);
      QueueName name = new QueueName(queue, Lane.NORMAL, partition);
      answers.add(
          Futures.attempt(() -> broker.depth(name))
              .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
              .onSuccess(items -> depth.put(queue, items)));
    }
    return settled(answers);
  }

  private JsonArray members() {
    JsonArray members = new JsonArray();
    for (Cluster.Member member : cluster.members()) {
      List<String> roles = member.roles().stream().map(Role::text).sorted().toList();
      members.add(new JsonObject().put("node", member.id()).put("roles", new JsonArray(roles)));
    }
    return members;
  }

  /** Completes when all have, whether or not they failed. */
  private static Future<@Nullable Void> settled(List<Future<?>> all) {
    return all.isEmpty()
        ? Future.succeededFuture()
        : Future.join(all).<Void>mapEmpty().otherwiseEmpty();
  }
}
