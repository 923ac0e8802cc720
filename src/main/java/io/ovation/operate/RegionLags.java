package io.ovation.operate;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.RegionLag;
import io.ovation.wire.proto.RegionsQuery;
import io.ovation.wire.proto.RegionsReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How far each other region is behind, for the whole cluster: asks each forwarding node once. */
final class RegionLags {
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(2_000);

  private RegionLags() {}

  /**
   * Never fails: a node that does not answer is left out. Empty without other regions.
   *
   * @param duplicates by region, the events that had arrived before
   */
  static Future<JsonArray> of(Vertx vertx, Cluster cluster, Map<String, Long> duplicates) {
    Map<String, RegionLag> regions = new TreeMap<>();
    List<Future<?>> answers = new ArrayList<>();
    for (String node : cluster.nodes(Role.REGION)) {
      answers.add(
          vertx
              .eventBus()
              .<RegionsReport>request(
                  Addresses.region(node), RegionsQuery.getDefaultInstance(), PATIENCE)
              .onSuccess(
                  answer ->
                      answer
                          .body()
                          .getRegionsList()
                          .forEach(lag -> regions.merge(lag.getRegion(), lag, RegionLags::sum))));
    }
    Future<?> settled = answers.isEmpty() ? Future.succeededFuture() : Future.join(answers);
    return settled.transform(
        done -> {
          JsonArray all = new JsonArray();
          regions.forEach((region, lag) -> all.add(json(lag, duplicates.getOrDefault(region, 0L))));
          return Future.succeededFuture(all);
        });
  }

  private static RegionLag sum(RegionLag one, RegionLag other) {
    return RegionLag.newBuilder()
        .setRegion(one.getRegion())
        .setConnected(one.getConnected() && other.getConnected())
        .setLagMs(Math.max(one.getLagMs(), other.getLagMs()))
        .setItems(one.getItems() + other.getItems())
        .setBytes(one.getBytes() + other.getBytes())
        .setForwarded(one.getForwarded() + other.getForwarded())
        .setDropped(one.getDropped() + other.getDropped())
        .setLastError(one.getLastError().isEmpty() ? other.getLastError() : one.getLastError())
        .build();
  }

  private static JsonObject json(RegionLag lag, long duplicates) {
    return new JsonObject()
        .put("region", lag.getRegion())
        .put("connected", lag.getConnected())
        .put("lag_ms", lag.getLagMs())
        .put("items", lag.getItems())
        .put("bytes", lag.getBytes())
        .put("forwarded", lag.getForwarded())
        .put("dropped", lag.getDropped())
        .put("duplicates", duplicates)
        .put("last_error", lag.getLastError().isEmpty() ? null : lag.getLastError());
  }
}
