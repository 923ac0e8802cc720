package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Says which promise broke, for whom, and what happened around it. */
final class Promises {
  private static final int SHOWN = 5;

  /** How long one attempt may take; the next has the same id. */
  private static final Duration PROBE = Duration.ofSeconds(2);

  private final Timeline timeline;
  private final List<ViewerRecord> records;
  private final List<String> broken = new ArrayList<>();
  private long slowestMs;

  /**
   * @param records of all viewers; they are looked at when a check asks for them
   */
  Promises(Timeline timeline, List<ViewerRecord> records) {
    this.timeline = timeline;
    this.records = records;
  }

  List<String> broken() {
    return List.copyOf(broken);
  }

  long slowestMs() {
    return slowestMs;
  }

  /** A comment on each stream is accepted and reaches all its viewers, each within the bound. */
  void checkRecovery(
      ChaosCluster cluster, FaultSequence faults, List<String> streams, String probe) {
    long limit = faults.healed() + ChaosRun.SETTLE.toNanos();
    Set<String> open = new HashSet<>(streams);
    while (!open.isEmpty() && System.nanoTime() < limit) {
      open.removeIf(stream -> post(cluster.balancer.pick(), stream, probe + stream));
      ChaosRun.pause(50);
    }
    while (!missing(probe).isEmpty() && System.nanoTime() < limit) {
      ChaosRun.pause(20);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - faults.healed());
    slowestMs = Math.max(slowestMs, took.toMillis());
    timeline.say("  all served again after " + took.toMillis() + " ms");
    if (took.compareTo(Contention.allowedFor(faults.recovery())) > 0) {
      broken.add(
          timeline.timed(
              "recovery from %s took %d ms; not accepted: %s; not seen by: %s"
                  .formatted(faults, took.toMillis(), open, missing(probe))));
    }
  }

  private static boolean post(int port, String stream, String id) {
    JsonObject body = new JsonObject().put("user", "probe").put("text", "probe").put("id", id);
    try {
      return new Api(port, PROBE).comment(stream, body).join().status() == 202;
    } catch (RuntimeException noAnswer) {
      return false;
    }
  }

  private List<ViewerRecord> missing(String probe) {
    return records.stream().filter(record -> !record.saw(probe + record.stream())).toList();
  }

  /** Every accepted comment was seen by every viewer of its stream, once, in order, or is a gap. */
  void check(CommentLoad load, List<String> streams) {
    try {
      load.finish(ChaosRun.SETTLE);
    } catch (AssertionError notAccepted) {
      broken.add("comments were never accepted: " + notAccepted.getMessage());
    }
    for (String stream : streams) {
      Set<String> accepted = load.accepted(stream);
      List<ViewerRecord> viewers =
          records.stream().filter(record -> record.stream().equals(stream)).toList();
      long limit = System.nanoTime() + ChaosRun.SETTLE.toNanos();
      while (!lost(viewers, accepted).isEmpty() && System.nanoTime() < limit) {
        ChaosRun.pause(100);
      }
      lost(viewers, accepted)
          .forEach((viewer, ids) -> broken.add(lost(viewer, ids, viewers, load)));
    }
    records.forEach(record -> broken.addAll(record.violations()));
    records.forEach(record -> broken.addAll(record.unexplainedGaps()));
  }

  private String lost(
      ViewerRecord viewer, Set<String> ids, List<ViewerRecord> viewers, CommentLoad load) {
    Map<String, Long> known = known(viewers);
    List<String> shown =
        ids.stream()
            .sorted(Comparator.comparing(id -> load.acceptedAt(viewer.stream(), id)))
            .limit(SHOWN)
            .map(
                id ->
                    timeline.timed(
                        load.acceptedAt(viewer.stream(), id),
                        id + " was accepted: " + viewer.around(known.get(id))))
            .toList();
    return "%s lost %d comments without a gap:%n    %s"
        .formatted(viewer, ids.size(), String.join("\n    ", shown));
  }

  private static Map<String, Long> known(List<ViewerRecord> viewers) {
    Map<String, Long> known = new HashMap<>();
    viewers.forEach(viewer -> known.putAll(viewer.offsets()));
    return known;
  }

  private static Map<ViewerRecord, Set<String>> lost(
      List<ViewerRecord> viewers, Set<String> accepted) {
    Map<String, Long> known = known(viewers);
    Map<ViewerRecord, Set<String>> lost = new HashMap<>();
    for (ViewerRecord viewer : viewers) {
      Set<String> ids = viewer.lost(accepted, known);
      if (!ids.isEmpty()) {
        lost.put(viewer, ids);
      }
    }
    return lost;
  }

  /** Every accepted reaction is counted, every object was checked, every package is done. */
  void check(SideLoad side) {
    long limit = System.nanoTime() + ChaosRun.SETTLE.toNanos();
    List<String> missing = side.missing();
    while (!missing.isEmpty() && System.nanoTime() < limit) {
      ChaosRun.pause(500);
      missing = side.missing();
    }
    broken.addAll(missing);
  }
}
