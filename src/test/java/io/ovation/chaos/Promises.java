package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says which promise broke, for whom, and what happened around it. */
final class Promises {
  /** How long one attempt may take; the next has the same id. */
  private static final Duration PROBE = Duration.ofSeconds(2);

  /**
   * As Vert.x logs it, but for its own event bus: a message that is written after its time is up.
   */
  private static final Pattern UNHANDLED =
      Pattern.compile("Unhandled exception\\R(?!.*Promise already completed).*\\R.*\\R.*");

  private final Timeline timeline;
  private final List<ViewerRecord> records;
  private final Map<String, StoredComments> histories = new HashMap<>();
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

  /** An exception that nobody handled: a part of the node may have stopped there, unnoticed. */
  void checkLogs(ChaosCluster cluster) {
    for (int i = 0; i < ChaosCluster.SIZE; i++) {
      Matcher unhandled = UNHANDLED.matcher(cluster.node(i).log());
      if (unhandled.find()) {
        broken.add(
            "n%d logged an exception that nobody handled: %s".formatted(i, unhandled.group()));
      }
    }
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

  /** Reads what history has got since the last time, before it drops it. */
  void readHistory(Balancer nodes, List<String> streams) {
    streams.forEach(stream -> history(stream).readNew(new Api(nodes.pick(), PROBE)));
  }

  private StoredComments history(String stream) {
    return histories.computeIfAbsent(stream, StoredComments::new);
  }

  /** Each stream's viewers received what they were promised: see {@link DeliveryCheck}. */
  void check(CommentLoad load, List<String> streams, Balancer nodes) {
    try {
      load.finish(ChaosRun.SETTLE);
    } catch (AssertionError notAccepted) {
      broken.add("comments were never accepted: " + notAccepted.getMessage());
    }
    for (String stream : streams) {
      long limit = System.nanoTime() + ChaosRun.SETTLE.toNanos();
      boolean read = history(stream).readAll(new Api(nodes.pick()));
      DeliveryCheck check = deliveries(load, stream);
      while (!(read && check.complete()) && System.nanoTime() < limit) {
        ChaosRun.pause(500);
        read = history(stream).readAll(new Api(nodes.pick()));
        check = deliveries(load, stream);
      }
      if (!read) {
        broken.add("history of " + stream + " could not be read");
      }
      broken.addAll(check.violations());
    }
  }

  private DeliveryCheck deliveries(CommentLoad load, String stream) {
    List<ViewerRecord> viewers =
        records.stream().filter(record -> record.stream().equals(stream)).toList();
    return new DeliveryCheck(timeline, stream, load.times(stream), viewers, history(stream));
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
