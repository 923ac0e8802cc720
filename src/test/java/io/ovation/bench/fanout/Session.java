package io.ovation.bench.fanout;

import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.OpenLoop;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** A server that is warm, its viewers, and what was measured of them, once or in turns. */
final class Session implements AutoCloseable {
  private static final int POSTERS = 64;
  private static final Duration OPEN = Duration.ofSeconds(90);
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final String[] COLD = {"unwatched"};
  private static final double WARM_POSTS = 1_000;

  private final Run run;
  private final Target target;
  private final Crowd crowd;
  private final OpenLoop posts;
  private final Histogram latencies = new Histogram(3);
  private final Histogram answers = new Histogram(3);
  private final Map<String, Long> threads = new TreeMap<>();
  private long posted;
  private long delivered;
  private long bytes;
  private double cpu;
  private double time;
  private boolean complete = true;

  Session(Run run) {
    this.run = run;
    this.target = run.target();
    Progress.say(
        "  %s: %,d viewers, %.0f comments/s", target.name(), run.viewers(), run.perSecond());
    if (run.warmSeconds() > 0) {
      warmUpPosting();
    }
    crowd = new Crowd(run.protocol(), target.allPorts());
    crowd.open(run.viewers(), OPEN);
    // Not before: a server closes connections that send nothing for 10 s.
    posts = posters(Run.names(run.streams()));
    settle();
    warmUp(run.burst());
    warmUp(run.drains() ? run.perSecond() : 0);
  }

  private OpenLoop posters(String[] streams) {
    return new OpenLoop(
        target.port(), run.protocol().tls(), POSTERS, target.posts().apply(streams));
  }

  Run run() {
    return run;
  }

  /** To a stream without viewers: at the rates that follow, Java's compilers would take minutes. */
  private void warmUpPosting() {
    try (OpenLoop cold = posters(COLD)) {
      cold.run(WARM_POSTS, Duration.ofSeconds(run.warmSeconds()));
    }
  }

  private void warmUp(double perSecond) {
    if (perSecond > 0 && run.warmSeconds() > 0) {
      posts.run(perSecond, Duration.ofSeconds(run.warmSeconds()));
      drain(0, Map.of());
    }
  }

  /** A viewer whose protocol has no {@code watching} watches once it received something. */
  private void settle() {
    if (!run.protocol().answers()) {
      Await.until(
          () -> "all viewers to hear something: " + crowd.counts(),
          DRAIN,
          () -> {
            posts.run(Math.max(5, run.streams()), Duration.ofSeconds(1));
            return crowd.members().stream().allMatch(member -> member.count() > 0);
          });
    }
  }

  /** Measures for {@code seconds} more. */
  void measure(int seconds) {
    crowd.takeLatencies();
    posts.takeLatencies();
    long heardBefore = crowd.events();
    long bytesBefore = crowd.bytes();
    long postedBefore = posts.posted();
    Map<Integer, Long> counts = new TreeMap<>();
    crowd.members().forEach(member -> counts.put(member.number(), member.count()));
    Map<String, Long> threadsBefore = target.proc().threads();
    double cpuBefore = target.cpuSeconds();
    long begun = System.nanoTime();
    posts.start(run.perSecond(), Duration.ofSeconds(seconds));
    Await.pass(Duration.ofSeconds(seconds));
    if (run.drains()) {
      posts.finish(DRAIN);
      complete &= drain(postedBefore, counts);
    }
    double elapsed = (System.nanoTime() - begun) / 1e9;
    cpu += target.cpuSeconds() - cpuBefore;
    delivered += crowd.events() - heardBefore;
    bytes += crowd.bytes() - bytesBefore;
    posted += posts.posted() - postedBefore;
    // What came after the time of the last post is delay, which the latencies tell.
    time += run.drains() ? Math.max(seconds, elapsed - 0.5) : elapsed;
    target
        .proc()
        .threads()
        .forEach((t, n) -> threads.merge(t, n - threadsBefore.getOrDefault(t, 0L), Long::sum));
    latencies.add(crowd.takeLatencies());
    answers.add(posts.takeLatencies());
  }

  JsonObject result() {
    JsonObject result =
        new JsonObject()
            .put("server", target.name())
            .put("transport", transport())
            .put("viewers", run.viewers())
            .put("streams", run.streams())
            .put("comments_per_second", run.perSecond())
            .put("seconds", time)
            .put("posted", posted)
            .put("delivered", delivered)
            .put("complete", complete)
            .put("lost", run.drains() ? posted * run.viewers() / run.streams() - delivered : -1)
            .put("disordered", crowd.disordered())
            .put("gaps", crowd.gaps())
            .put("disconnected", crowd.lost())
            .put("cpu_seconds", cpu)
            .put("deliveries_per_second", delivered / time)
            .put("deliveries_per_cpu_second", delivered / cpu)
            .put("bytes_per_delivery", bytes / Math.max(1.0, delivered))
            .put("threads_ticks", busiest());
    latency(result, "", latencies);
    latency(result, "answer_", answers);
    Progress.say(
        "    %s: %,.0f deliveries/s, %,.0f per CPU-second, p50 %.1f ms, p99 %.1f ms, %s",
        target.name(),
        result.getDouble("deliveries_per_second"),
        result.getDouble("deliveries_per_cpu_second"),
        result.getDouble("p50_ms"),
        result.getDouble("p99_ms"),
        run.drains() ? "lost " + result.getLong("lost") : "overloaded");
    return result;
  }

  private String transport() {
    return (run.protocol().sockJs() ? "sockjs-websocket" : "websocket")
        + (run.protocol().tls() ? " over TLS" : "");
  }

  /** The threads that used the most processor time, in hundredths of a second. */
  private JsonObject busiest() {
    JsonObject busiest = new JsonObject();
    threads.entrySet().stream()
        .filter(e -> e.getValue() > 0)
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(8)
        .forEach(e -> busiest.put(e.getKey(), e.getValue()));
    return busiest;
  }

  static void latency(JsonObject result, String prefix, Histogram nanos) {
    for (double percentile : List.of(50.0, 90.0, 99.0, 99.9)) {
      String name = "p" + ("" + percentile).replace(".0", "").replace(".", "");
      result.put(prefix + name + "_ms", nanos.getValueAtPercentile(percentile) / 1e6);
    }
    result.put(prefix + "max_ms", nanos.getMaxValue() / 1e6);
  }

  /** Waits for all that the viewers are owed since {@code counts}; false if it does not come. */
  private boolean drain(long since, Map<Integer, Long> counts) {
    long each = (posts.posted() - since) / run.streams();
    try {
      Await.until(
          "everything to arrive",
          DRAIN,
          () ->
              crowd.members().stream()
                  .allMatch(m -> m.count() - counts.getOrDefault(m.number(), 0L) >= each));
      return true;
    } catch (AssertionError late) {
      return false;
    }
  }

  @Override
  public void close() {
    posts.close();
    crowd.close();
  }
}
