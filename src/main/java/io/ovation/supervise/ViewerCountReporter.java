package io.ovation.supervise;

import io.ovation.wire.Addresses;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Counts;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reports to each partition's owner how many viewers its streams have on this node, if that
 * changed, and keeps the cluster's totals that owners send. A failed report is part of the next.
 * Supervisor's context only, but for {@link #total}.
 */
final class ViewerCountReporter {
  private static final long TIMEOUT_MS = 2_000;

  private final SupervisorContext context;
  private final Set<LocalStream> changed = new LinkedHashSet<>();
  private final Map<String, Long> totals = new ConcurrentHashMap<>();

  ViewerCountReporter(SupervisorContext context) {
    this.context = context;
  }

  /** Any thread. */
  long total(String stream) {
    return totals.getOrDefault(stream, 0L);
  }

  /** The total follows at once; the owner's next total replaces it. */
  void changed(LocalStream stream) {
    changed.add(stream);
    int now = stream.viewers();
    totals.merge(stream.name, (long) now - stream.counted, Long::sum);
    stream.counted = now;
  }

  /** Only for a stream of this node. */
  void setTotal(String stream, long total) {
    totals.put(stream, total);
  }

  /** The stream's owner may not know its count. */
  void reportAgain(LocalStream stream) {
    if (stream.viewers() > 0) {
      changed.add(stream);
    }
  }

  void ended(LocalStream stream) {
    changed.remove(stream);
    totals.remove(stream.name);
  }

  /** A new owner knows no counts. */
  void ownersChanged(Collection<LocalStream> streams) {
    changed.addAll(streams);
  }

  /** Sends one message per partition with changed counts. */
  void report() {
    Map<Integer, Counts.Builder> reports = new HashMap<>();
    for (LocalStream stream : changed) {
      reports
          .computeIfAbsent(
              stream.partition,
              p -> Counts.newBuilder().setPartition(p).setNode(context.cluster().self()))
          .putViewers(stream.name, stream.viewers());
    }
    Set<LocalStream> reported = Set.copyOf(changed);
    changed.clear();
    reports.forEach((partition, report) -> send(report.build(), reported));
  }

  private void send(Counts report, Set<LocalStream> reported) {
    String owner = context.assignment().of(report.getPartition());
    if (owner == null) {
      failed(report, reported);
      return;
    }
    context
        .<Answer>request(Addresses.dispatch(owner), report, TIMEOUT_MS)
        .onFailure(e -> failed(report, reported));
  }

  private void failed(Counts report, Set<LocalStream> reported) {
    reported.stream()
        .filter(stream -> stream.partition == report.getPartition() && !stream.ended())
        .forEach(changed::add);
  }
}
