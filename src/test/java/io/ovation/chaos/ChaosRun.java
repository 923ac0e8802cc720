package io.ovation.chaos;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Three nodes, RabbitMQ and Redis under comments from clients that retry, watched by clients that
 * resume; one fault after another, sometimes two at a time, all from one seed. A run is repeatable
 * in its faults, not in its timing.
 */
final class ChaosRun {
  private static final int STREAMS = 12;
  private static final int PER_SECOND = 60;

  static final Duration SETTLE = Duration.ofSeconds(60);

  private final long seed;
  private final Duration length;
  private final Random random;
  private final Timeline timeline = new Timeline();
  private final List<ViewerRecord> records = new ArrayList<>();
  private final Promises promises = new Promises(timeline, records);
  private int faults;

  ChaosRun(long seed, Duration length) {
    this.seed = seed;
    this.length = length;
    this.random = new Random(seed);
  }

  /** What was found; no broken promise is a pass. */
  record Verdict(List<String> broken, String summary) {}

  Verdict run() {
    Vertx vertx = Vertx.vertx();
    List<AutoCloseable> clients = new ArrayList<>();
    List<String> streams = StreamViewers.streams("chaos" + Long.toString(seed, 36), STREAMS);
    try (TestOrigin origin = new TestOrigin().atOnce();
        ChaosCluster cluster = new ChaosCluster(vertx, origin)) {
      timeline.say(cluster.abilities());
      watch(vertx, cluster, streams, clients);
      try (CommentLoad load = CommentLoad.start(cluster.balancer, streams, PER_SECOND);
          SideLoad side = new SideLoad(cluster.balancer, streams, origin, seed, timeline)) {
        double end = timeline.seconds() + length.toSeconds();
        while (timeline.seconds() < end) {
          pause(random.nextInt(2_000, 6_000));
          strike(cluster, streams);
        }
        side.finish();
        promises.check(load, streams, cluster.balancer);
        promises.check(side);
        promises.checkLogs(cluster);
        return new Verdict(promises.broken(), summary(load, side));
      }
    } finally {
      clients.forEach(ChaosRun::closeQuietly);
      vertx.close();
    }
  }

  private void watch(
      Vertx vertx, ChaosCluster cluster, List<String> streams, List<AutoCloseable> clients) {
    Map<String, ViewerRecord> byJs = new HashMap<>();
    for (String stream : streams) {
      ViewerRecord bare = record("websocket", stream);
      clients.add(new ResumingViewer(vertx, cluster.balancer, "w-" + stream, bare));
      ViewerRecord sse = record("sse", stream);
      clients.add(new ResumingSseViewer(cluster.balancer, "s-" + stream, sse));
      byJs.put(stream, record("ovation.js", stream));
    }
    clients.add(new OvationJsViewers(cluster.door.port(), byJs));
    Await.until("every viewer to watch", SETTLE, () -> records.stream().allMatch(this::watching));
  }

  private ViewerRecord record(String kind, String stream) {
    ViewerRecord record = new ViewerRecord(kind, stream, timeline);
    records.add(record);
    return record;
  }

  private boolean watching(ViewerRecord record) {
    return record.position() >= 0;
  }

  /** One fault or two, then the recovery from both, then the nodes that have ended start again. */
  private void strike(ChaosCluster cluster, List<String> streams) {
    FaultSequence sequence = FaultSequence.next(cluster, random, timeline);
    sequence.run();
    faults += sequence.size();
    promises.checkRecovery(cluster, sequence, streams, "probe-%d-%d".formatted(seed, faults));
    sequence.recovered();
    promises.readHistory(cluster.balancer, streams);
    for (int i = 0; i < ChaosCluster.SIZE; i++) {
      if (!cluster.node(i).alive()) {
        cluster.restart(i);
        timeline.say("n%d is back".formatted(i));
      }
    }
  }

  private String summary(CommentLoad load, SideLoad side) {
    int connections = records.stream().mapToInt(ViewerRecord::connections).sum();
    int gaps = records.stream().mapToInt(record -> record.gaps().size()).sum();
    return "seed %d: %d faults, %d comments accepted (%d retries), %d viewers, %d connections, %d gaps, slowest recovery %d ms, %s; %d broken promises"
        .formatted(
            seed,
            faults,
            load.total(),
            load.retries(),
            records.size(),
            connections,
            gaps,
            promises.slowestMs(),
            side.summary(),
            promises.broken().size());
  }

  static void pause(long ms) {
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
