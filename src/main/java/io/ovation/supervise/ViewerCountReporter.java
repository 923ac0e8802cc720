package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Counts;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells each partition's owner how many viewers this node has, only of streams where that changed,
 * and keeps the totals that owners tell. What could not be told is told with the next report.
 */
final class ViewerCountReporter {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Set<LiveStream> changed = new LinkedHashSet<>();
  private final Map<String, Long> totals = new ConcurrentHashMap<>();

  ViewerCountReporter(Vertx vertx, Cluster cluster, PartitionAssignment assignment) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.assignment = assignment;
  }

  /** Any thread. */
  long total(String stream) {
    return totals.getOrDefault(stream, 0L);
  }

  void changed(LiveStream stream) {
    changed.add(stream);
    int now = stream.viewers();
    totals.merge(stream.name, (long) now - stream.counted, Long::sum);
    stream.counted = now;
  }

  /** What an owner knows; it holds for a stream that is here. */
  void told(String stream, long total) {
    totals.put(stream, total);
  }

  /** Whoever routes the stream here may not know its count. */
  void again(LiveStream stream) {
    if (stream.viewers() > 0) {
      changed.add(stream);
    }
  }

  void ended(LiveStream stream) {
    changed.remove(stream);
    totals.remove(stream.name);
  }

  /** A new owner knows no counts. */
  void ownersChanged(Collection<LiveStream> streams) {
    changed.addAll(streams);
  }

  /** One message per owner's partition that has something new. */
  void report() {
    Map<Integer, Counts.Builder> reports = new HashMap<>();
    for (LiveStream stream : changed) {
      reports
          .computeIfAbsent(
              stream.partition, p -> Counts.newBuilder().setPartition(p).setNode(cluster.self()))
          .putViewers(stream.name, stream.viewers());
    }
    Set<LiveStream> told = Set.copyOf(changed);
    changed.clear();
    reports.forEach((partition, report) -> send(report.build(), told));
  }

  private void send(Counts report, Set<LiveStream> told) {
    String owner = assignment.of(report.getPartition());
    if (owner == null) {
      again(report, told);
      return;
    }
    vertx
        .eventBus()
        .<Answer>request(Addresses.dispatch(owner), report, TIMEOUT)
        .onFailure(e -> again(report, told));
  }

  private void again(Counts report, Set<LiveStream> told) {
    told.stream()
        .filter(stream -> stream.partition == report.getPartition() && stream.open())
        .forEach(changed::add);
  }
}
