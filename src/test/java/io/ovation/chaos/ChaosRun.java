package io.ovation.chaos;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Three nodes, RabbitMQ and Redis under comments from clients that retry, watched by clients that
 * resume; one fault after another, all from one seed. A run is repeatable in its faults, not in its
 * timing.
 */
final class ChaosRun {
  private static final int STREAMS = 12;
  private static final int PER_SECOND = 60;

  /** DESIGN's bound for a node; the same is asked of back ends once they are there again. */
  private static final Duration RECOVERY = Duration.ofSeconds(10);

  private static final Duration SETTLE = Duration.ofSeconds(60);

  private final long seed;
  private final Duration length;
  private final long begun = System.nanoTime();
  private final List<ViewerRecord> records = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();
  private int faults;
  private long slowestMs;

  ChaosRun(long seed, Duration length) {
    this.seed = seed;
    this.length = length;
  }

  /** What was found; empty lists are a pass. */
  record Verdict(List<String> broken, String summary) {}

  Verdict run() {
    Random random = new Random(seed);
    Vertx vertx = Vertx.vertx();
    List<AutoCloseable> clients = new ArrayList<>();
    List<String> streams = StreamViewers.streams("chaos" + Long.toString(seed, 36), STREAMS);
    TestOrigin origin = new TestOrigin().atOnce();
    Map<String, String> env = Map.of("OVATION_LIVENESS_ORIGIN", origin.uri());
    try (origin;
        TestCluster cluster =
            TestCluster.start(env, TestCluster.ALL, TestCluster.ALL, TestCluster.ALL);
        Balancer balancer = new Balancer(cluster.nodes())) {
      for (String stream : streams) {
        ViewerRecord bare = record("websocket", stream);
        clients.add(new ResumingViewer(vertx, balancer, "w-" + stream, bare));
        ViewerRecord second = record("websocket-2", stream);
        clients.add(new ResumingViewer(vertx, balancer, "x-" + stream, second));
        ViewerRecord sse = record("sse", stream);
        clients.add(new ResumingSseViewer(balancer, "s-" + stream, sse));
      }
      Await.until("every viewer to watch", SETTLE, () -> records.stream().allMatch(this::watching));
      try (CommentLoad load = CommentLoad.start(balancer, streams, PER_SECOND);
          SideLoad side = new SideLoad(balancer, streams, origin, seed)) {
        while (System.nanoTime() - begun < length.toNanos()) {
          pause(random.nextInt(2_000, 6_000));
          strike(cluster, balancer, streams, random);
        }
        side.finish();
        load.finish(SETTLE);
        judge(load, streams);
        judge(side);
        return new Verdict(List.copyOf(broken), summary(load) + "; " + side.summary());
      }
    } finally {
      for (AutoCloseable client : clients) {
        closeQuietly(client);
      }
      vertx.close();
    }
  }

  private ViewerRecord record(String kind, String stream) {
    ViewerRecord record = new ViewerRecord(kind, stream, this::timed);
    records.add(record);
    return record;
  }

  private boolean watching(ViewerRecord record) {
    return record.position() >= 0;
  }

  private void strike(TestCluster cluster, Balancer balancer, List<String> streams, Random random) {
    Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
    List<Boolean> alive = cluster.nodes().stream().map(node -> node.alive()).toList();
    say(fault.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " ...");
    String what = fault.strike(cluster, random);
    faults++;
    long healed = System.nanoTime();
    recover(fault, what, balancer, streams, healed);
    if (fault.endsNode()) {
      for (int i = 0; i < alive.size(); i++) {
        if (!cluster.node(i).alive()) {
          cluster.restart(i);
        }
      }
    }
  }

  /** A comment on each stream is accepted and reaches all its viewers, each within the bound. */
  private void recover(
      Fault fault, String what, Balancer balancer, List<String> streams, long healed) {
    Map<String, String> probes = new HashMap<>();
    for (String stream : streams) {
      probes.put(stream, "probe-%d-%d-%s".formatted(seed, faults, stream));
    }
    long limit = healed + SETTLE.toNanos();
    Set<String> open = new HashSet<>(streams);
    while (!open.isEmpty() && System.nanoTime() < limit) {
      open.removeIf(stream -> post(balancer.pick(), stream, Objects.requireNonNull(probes.get(stream))));
      pause(50);
    }
    while (!arrived(probes) && System.nanoTime() < limit) {
      pause(20);
    }
    long ms = (System.nanoTime() - healed) / 1_000_000;
    slowestMs = Math.max(slowestMs, ms);
    say("  %s %s: all served again after %d ms".formatted(fault, what, ms));
    if (ms > RECOVERY.toMillis()) {
      broken.add(
          timed(
              "%s %s: recovery took %d ms; not served: %s"
                  .formatted(fault, what, ms, missing(probes))));
    }
  }

  private static boolean post(int port, String stream, String id) {
    JsonObject body = new JsonObject().put("user", "probe").put("text", "probe").put("id", id);
    try {
      return new Api(port).comment(stream, body).join().status() == 202;
    } catch (RuntimeException noAnswer) {
      return false;
    }
  }

  private boolean arrived(Map<String, String> probes) {
    return records.stream().allMatch(record -> saw(record, probes));
  }

  private static boolean saw(ViewerRecord record, Map<String, String> probes) {
    return record.saw(Objects.requireNonNull(probes.get(record.stream())));
  }

  private List<String> missing(Map<String, String> probes) {
    return records.stream()
        .filter(record -> !saw(record, probes))
        .map(ViewerRecord::toString)
        .toList();
  }

  private void judge(CommentLoad load, List<String> streams) {
    for (String stream : streams) {
      Set<String> accepted = load.accepted(stream);
      List<ViewerRecord> viewers =
          records.stream().filter(record -> record.stream().equals(stream)).toList();
      long limit = System.nanoTime() + SETTLE.toNanos();
      while (!lost(viewers, accepted).isEmpty() && System.nanoTime() < limit) {
        pause(100);
      }
      lost(viewers, accepted)
          .forEach((viewer, ids) -> broken.add(viewer + " lost without a gap: " + ids));
    }
    records.forEach(record -> broken.addAll(record.violations()));
  }

  private void judge(SideLoad side) {
    long limit = System.nanoTime() + SETTLE.toNanos();
    List<String> missing = side.missing();
    while (!missing.isEmpty() && System.nanoTime() < limit) {
      pause(500);
      missing = side.missing();
    }
    broken.addAll(missing);
  }

  private static Map<ViewerRecord, Set<String>> lost(
      List<ViewerRecord> viewers, Set<String> accepted) {
    Map<String, Long> known = new HashMap<>();
    viewers.forEach(viewer -> known.putAll(viewer.offsets()));
    Map<ViewerRecord, Set<String>> lost = new HashMap<>();
    for (ViewerRecord viewer : viewers) {
      Set<String> ids = viewer.lost(accepted, known);
      if (!ids.isEmpty()) {
        lost.put(viewer, ids);
      }
    }
    return lost;
  }

  private String summary(CommentLoad load) {
    int connections = records.stream().mapToInt(ViewerRecord::connections).sum();
    int gaps = records.stream().mapToInt(record -> record.gaps().size()).sum();
    return "seed %d: %d faults, %d comments accepted (%d retries), %d viewers, %d connections, %d gaps, slowest recovery %d ms, %d broken promises"
        .formatted(
            seed,
            faults,
            load.total(),
            load.retries(),
            records.size(),
            connections,
            gaps,
            slowestMs,
            broken.size());
  }

  private String timed(String line) {
    return "[%6.1f s] %s".formatted((System.nanoTime() - begun) / 1e9, line);
  }

  private void say(String line) {
    System.out.println(timed(line));
  }

  private static void pause(long ms) {
    LockSupport.parkNanos(ms * 1_000_000);
  }

  private static void closeQuietly(AutoCloseable client) {
    try {
      client.close();
    } catch (Exception e) {
      System.err.println("a client did not close: " + e);
    }
  }
}
