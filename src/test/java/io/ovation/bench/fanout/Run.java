package io.ovation.bench.fanout;

import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.Dialect;
import io.ovation.testkit.OpenLoop;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * One server under one load: viewers watch, comments are posted at a fixed rate, first to warm up,
 * then measured.
 *
 * @param streams viewers and posts go round them
 * @param perSecond comments
 * @param drains whether the server is meant to keep up: then all it owes is waited for
 * @param burst comments a second with which to warm up first; 0 for none
 */
record Run(
    Target target,
    Dialect dialect,
    int streams,
    int viewers,
    double perSecond,
    int warmSeconds,
    int seconds,
    boolean drains,
    double burst) {
  private static final int POSTERS = 64;
  private static final Duration OPEN = Duration.ofSeconds(90);
  private static final Duration DRAIN = Duration.ofSeconds(30);

  static String[] names(int streams) {
    return IntStream.range(0, streams).mapToObj(i -> "s%04d".formatted(i)).toArray(String[]::new);
  }

  static Run of(Target target, int viewers, double perSecond, int warm, int seconds) {
    return new Run(
        target, target.viewers().apply(names(1)), 1, viewers, perSecond, warm, seconds, true, 0);
  }

  Run overloaded() {
    return new Run(
        target, dialect, streams, viewers, perSecond, warmSeconds, seconds, false, burst);
  }

  Run over(Dialect other) {
    return new Run(target, other, streams, viewers, perSecond, warmSeconds, seconds, drains, burst);
  }

  /** Warms up with so many comments a second first. */
  Run burst(double more) {
    return new Run(
        target, dialect, streams, viewers, perSecond, warmSeconds, seconds, drains, more);
  }

  JsonObject measure() {
    Progress.say("  %s: %,d viewers, %.0f comments/s", target.name(), viewers, perSecond);
    try (Crowd crowd = new Crowd(dialect, target.allPorts());
        OpenLoop posts =
            new OpenLoop(target.port(), POSTERS, target.posts().apply(names(streams)))) {
      crowd.open(viewers, OPEN);
      settle(crowd, posts);
      if (burst > 0) {
        posts.run(burst, Duration.ofSeconds(warmSeconds));
        drain(crowd, posts, 0, Map.of());
      }
      if (warmSeconds > 0) {
        posts.run(perSecond, Duration.ofSeconds(warmSeconds));
        drain(crowd, posts, 0, Map.of());
      }
      return measure(crowd, posts);
    }
  }

  /** Who is not told that he watches has watched once he heard something. */
  private void settle(Crowd crowd, OpenLoop posts) {
    if (!dialect.answers()) {
      Await.until(
          () -> "all viewers to hear something: " + crowd.counts(),
          DRAIN,
          () -> {
            posts.run(Math.max(5, streams), Duration.ofSeconds(1));
            return crowd.members().stream().allMatch(member -> member.count() > 0);
          });
    }
  }

  private JsonObject measure(Crowd crowd, OpenLoop posts) {
    crowd.takeLatencies();
    posts.takeLatencies();
    long heard = crowd.heard();
    long bytes = crowd.bytes();
    long posted = posts.posted();
    Map<Integer, Long> counts = new TreeMap<>();
    crowd.members().forEach(member -> counts.put(member.number(), member.count()));
    Map<String, Long> threads = target.proc().threads();
    double cpu = target.cpuSeconds();
    long begun = System.nanoTime();
    posts.start(perSecond, Duration.ofSeconds(seconds));
    Await.pass(Duration.ofSeconds(seconds));
    boolean complete = true;
    if (drains) {
      posts.finish(DRAIN);
      complete = drain(crowd, posts, posted, counts);
    }
    double elapsed = (System.nanoTime() - begun) / 1e9;
    double used = target.cpuSeconds() - cpu;
    long delivered = crowd.heard() - heard;
    // What came after the time of the last post is delay, which the latencies tell.
    double time = drains ? Math.max(seconds, elapsed - 0.5) : elapsed;
    JsonObject result =
        new JsonObject()
            .put("server", target.name())
            .put("transport", dialect.sockJs() ? "sockjs-websocket" : "websocket")
            .put("viewers", viewers)
            .put("streams", streams)
            .put("comments_per_second", perSecond)
            .put("seconds", time)
            .put("posted", posts.posted() - posted)
            .put("delivered", delivered)
            .put("complete", complete)
            .put("lost", drains ? (posts.posted() - posted) * viewers / streams - delivered : -1)
            .put("disordered", crowd.disordered())
            .put("gaps", crowd.gaps())
            .put("disconnected", crowd.lost())
            .put("cpu_seconds", used)
            .put("deliveries_per_second", delivered / time)
            .put("deliveries_per_cpu_second", delivered / used)
            .put("bytes_per_delivery", (crowd.bytes() - bytes) / Math.max(1.0, delivered));
    result.put("threads_ticks", busiest(threads, target.proc().threads()));
    latency(result, "", crowd.takeLatencies());
    latency(result, "answer_", posts.takeLatencies());
    Progress.say(
        "    %,.0f deliveries/s, %,.0f per CPU-second, p50 %.1f ms, p99 %.1f ms, %s",
        result.getDouble("deliveries_per_second"),
        result.getDouble("deliveries_per_cpu_second"),
        result.getDouble("p50_ms"),
        result.getDouble("p99_ms"),
        drains ? "lost " + result.getLong("lost") : "overloaded");
    return result;
  }

  /** The threads that used the most processor time, in hundredths of a second. */
  private static JsonObject busiest(Map<String, Long> before, Map<String, Long> after) {
    JsonObject busiest = new JsonObject();
    after.entrySet().stream()
        .map(e -> Map.entry(e.getKey(), e.getValue() - before.getOrDefault(e.getKey(), 0L)))
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
  private boolean drain(Crowd crowd, OpenLoop posts, long since, Map<Integer, Long> counts) {
    long each = (posts.posted() - since) / streams;
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
}
