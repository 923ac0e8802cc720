package io.ovation.operate;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.NodeQuery;
import io.ovation.wire.proto.NodeReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The whole cluster at one moment, for the operators' page: each node is asked once, and one that
 * does not answer within 2 s is listed as silent, one that joined but does not listen yet as
 * starting.
 */
public final class ClusterReport {
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(2_000);
  private static final int STREAMS = 50;

  private final Vertx vertx;
  private final Cluster cluster;
  private final PartitionRoutes partitions;

  public ClusterReport(Vertx vertx, Cluster cluster, PartitionRoutes partitions) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.partitions = partitions;
  }

  /** Never fails because of a node that does not answer. */
  public Future<JsonObject> json() {
    Map<String, Long> backlog = new TreeMap<>();
    Map<String, Long> deadLetters = new TreeMap<>();
    List<Future<JsonObject>> nodes = new ArrayList<>();
    for (Cluster.Member member : cluster.members()) {
      nodes.add(
          vertx
              .eventBus()
              .<NodeReport>request(
                  Addresses.node(member.id()), NodeQuery.getDefaultInstance(), PATIENCE)
              .map(
                  answer -> {
                    NodeReport report = answer.body();
                    report.getBacklogMap().forEach((k, n) -> backlog.merge(k, n, Long::sum));
                    // Each node counts all of them, at times of its own.
                    report
                        .getDeadLettersMap()
                        .forEach((k, n) -> deadLetters.merge(k, n, Math::max));
                    return known(member, report);
                  })
              .otherwise(e -> node(member).put(notYet(e) ? "starting" : "silent", true)));
    }
    return Future.all(nodes)
        .compose(v -> partitions.report(STREAMS))
        .map(
            all ->
                all.put("members", new JsonArray(nodes.stream().map(Future::result).toList()))
                    .put("at_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))
                    .put("backlog", new JsonObject(Map.copyOf(backlog)))
                    .put("dead_letters", new JsonObject(Map.copyOf(deadLetters))));
  }

  /** A member of the cluster that does not listen yet. */
  private static boolean notYet(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private static JsonObject node(Cluster.Member member) {
    List<String> roles = member.roles().stream().map(Role::text).sorted().toList();
    return new JsonObject().put("node", member.id()).put("roles", new JsonArray(roles));
  }

  private static JsonObject known(Cluster.Member member, NodeReport report) {
    JsonArray latency = new JsonArray();
    new TreeMap<>(report.getLatencyMsMap())
        .forEach(
            (bound, count) ->
                latency.add(
                    new JsonArray().add(bound == Long.MAX_VALUE ? null : bound).add(count)));
    return node(member)
        .put("host", report.getHost())
        .put("version", report.getVersion())
        .put("uptime_ms", report.getUptimeMs())
        .put("draining", report.getDraining())
        .put("heap_used_bytes", report.getHeapUsedBytes())
        .put("heap_max_bytes", report.getHeapMaxBytes())
        .put("values", new JsonObject(Map.copyOf(report.getValuesMap())))
        .put("latency_ms", latency);
  }
}
