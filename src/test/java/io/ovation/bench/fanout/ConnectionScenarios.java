package io.ovation.bench.fanout;

import io.ovation.bench.fanout.Scenario.Length;
import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdMember;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.OpenLoop;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The cost of connections: to open, to keep, and when they do not read. */
final class ConnectionScenarios {
  private static final String CORE = "0";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private ConnectionScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "connect", "10,000 connections opened and watching", true, ConnectionScenarios::open),
        new Scenario(
            "slow",
            "100 of 5,000 viewers stop reading, 200 comments/s",
            false,
            ConnectionScenarios::slow),
        new Scenario(
            "idle", "5,000 → 15,000 idle SockJS viewers", false, ConnectionScenarios::idle));
  }

  private static void open(Figures figures, Length length) {
    try (Target target = Targets.ovationWithArchive(CORE)) {
      double shared = rate(figures, target, "fresh JVM with a class archive");
      figures.note("fresh JVM with a class archive", Figures.number(shared) + "/s");
    }
    try (Target target = Targets.ovation(CORE)) {
      double fresh = rate(figures, target, "fresh JVM");
      double warm = 0;
      for (int i = 0; i < length.seconds(6, 4); i++) {
        warm = rate(figures, target, "round " + (i + 2));
      }
      figures.atLeast("server warm", "/s", warm, 5_000);
      figures.note("fresh JVM", Figures.number(fresh) + "/s");
    }
  }

  private static double rate(Figures figures, Target target, String what) {
    try (Crowd crowd = new Crowd(CrowdProtocol.plain("s0000"), target.port())) {
      double cpu = target.cpuSeconds();
      Duration took = crowd.open(10_000, LIMIT);
      double rate = 10_000 / (took.toNanos() / 1e9);
      double used = target.cpuSeconds() - cpu;
      Progress.say("    %s: %,.0f connections/s, %.2f CPU-seconds", what, rate, used);
      figures.run(
          new JsonObject().put("what", what).put("per_second", rate).put("cpu_seconds", used));
      return rate;
    }
  }

  /**
   * The others' p99 while the 100 do not read, beside the better of the times before and after:
   * whatever makes one of these slow must not hide what the 100 cost.
   */
  private static void slow(Figures figures, Length length) {
    int time = length.seconds(20, 8);
    try (Target target = Targets.ovation(CORE);
        Crowd slow =
            new Crowd(
                CrowdProtocol.plain("s0000"), new Crowd.Listener() {}, 16 * 1024, target.port());
        Crowd others = new Crowd(CrowdProtocol.plain("s0000"), target.port());
        OpenLoop posts = new OpenLoop(target.port(), 64, Comments.api("s0000"))) {
      slow.open(100, LIMIT);
      others.open(4_900, LIMIT);
      posts.run(200, Duration.ofSeconds(length.seconds(20, 10)));
      JsonObject before = p99(others, posts, time);
      long heapBefore = target.proc().liveHeap();
      long rssBefore = target.proc().rssKiB();
      slow.members().forEach(CrowdMember::stopReading);
      posts.run(200, Duration.ofSeconds(15)); // until their buffers are full
      JsonObject during = p99(others, posts, time);
      long heap = target.proc().liveHeap();
      long rss = target.proc().rssKiB();
      slow.members().forEach(CrowdMember::readOn);
      posts.run(200, Duration.ofSeconds(5)); // until they have caught up
      JsonObject after = p99(others, posts, time);
      figures.run(before.put("what", "all read"));
      figures.run(
          during
              .put("what", "100 do not")
              .put("live_heap", heap)
              .put("rss_before_kib", rssBefore)
              .put("rss_kib", rss));
      figures.run(after.put("what", "all read again"));
      figures.atMost(
          "the others' p99, of when all read",
          " ×",
          during.getDouble("p99_ms")
              / Math.min(before.getDouble("p99_ms"), after.getDouble("p99_ms")),
          1.25);
      figures.atMost("live heap more than before", " MiB", (heap - heapBefore) / 1048576.0, 100);
      others.check();
      figures.note("the others lost", "0");
    }
  }

  private static JsonObject p99(Crowd others, OpenLoop posts, int seconds) {
    others.awaitEach(posts.posted(), LIMIT);
    others.takeLatencies();
    posts.run(200, Duration.ofSeconds(seconds));
    others.awaitEach(posts.posted(), LIMIT);
    JsonObject result = new JsonObject();
    Session.latency(result, "", others.takeLatencies());
    return result;
  }

  private static void idle(Figures figures, Length length) {
    try (Target target = Targets.ovation(CORE)) {
      Proc server = target.proc();
      warmUp(target);
      long empty = server.liveHeap();
      long emptyRss = server.rssKiB();
      long rss15;
      try (Crowd crowd = new Crowd(CrowdProtocol.sockJs("s0000"), target.port())) {
        crowd.open(5_000, LIMIT);
        Await.pass(Duration.ofSeconds(3));
        long rss5 = server.rssKiB();
        crowd.open(10_000, LIMIT);
        Await.pass(Duration.ofSeconds(5));
        rss15 = server.rssKiB();
        double cpu = server.cpuSeconds();
        int seconds = length.seconds(60, 30);
        Await.pass(Duration.ofSeconds(seconds));
        double load = 100 * (server.cpuSeconds() - cpu) / seconds;
        long heap15 = server.liveHeap();
        figures.run(
            new JsonObject()
                .put("empty_heap", empty)
                .put("heap_15000", heap15)
                .put("empty_rss_kib", emptyRss)
                .put("rss_5000_kib", rss5)
                .put("rss_15000_kib", rss15)
                .put("idle_cpu_percent", load));
        figures.atMost("live heap each", " KiB", (heap15 - empty) / 15_000.0 / 1024, 3);
        figures.atMost("RSS, slope", " KiB", (rss15 - rss5) / 10_000.0, 8);
        figures.atMost("idle CPU", " % of a core", load, 4);
        if (crowd.watching() != 15_000) {
          throw new AssertionError(crowd.watching() + " are left");
        }
      }
      Await.pass(Duration.ofSeconds(3));
      long after = server.liveHeap();
      figures.atMost(
          "live heap left behind when all are gone",
          " KiB each",
          (after - empty) / 15_360_000.0,
          0.1);
      figures.note("RSS, before, with all, without", mebibytes(emptyRss, rss15, server.rssKiB()));
      // The JVM keeps for itself what it once had; what matters is that it is used again.
      try (Crowd crowd = new Crowd(CrowdProtocol.sockJs("s0000"), target.port())) {
        crowd.open(15_000, LIMIT);
        Await.pass(Duration.ofSeconds(5));
        double again = (double) server.rssKiB() / rss15;
        figures.atMost("RSS of as many again, of the first time", " ×", again, 1.1);
      }
    }
  }

  private static String mebibytes(long... kibibytes) {
    return Arrays.stream(kibibytes)
        .mapToObj(k -> k / 1024 + " MiB")
        .collect(Collectors.joining(", "));
  }

  /** Pays for what is made once, with the first connections. */
  private static void warmUp(Target target) {
    try (Crowd crowd = new Crowd(CrowdProtocol.sockJs("s0000"), target.port())) {
      crowd.open(1_000, LIMIT);
    }
    Await.pass(Duration.ofSeconds(2));
  }
}
