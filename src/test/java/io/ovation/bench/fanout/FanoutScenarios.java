package io.ovation.bench.fanout;

import io.ovation.bench.fanout.Scenario.Length;
import io.ovation.testkit.CrowdProtocol;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** One room and many viewers, many rooms and few. Servers on core 0. */
final class FanoutScenarios {
  private static final String CORE = "0";
  private static final int VIEWERS = 5_000;

  /** Comments a second at which a server shows the most that it delivers. */
  private static final int MOST = 600;

  private FanoutScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "fanout-10", "5,000 WebSocket viewers, 10 comments/s", true, FanoutScenarios::ten),
        new Scenario(
            "fanout-200", "5,000 viewers, 200 comments/s", true, FanoutScenarios::twoHundred),
        new Scenario(
            "fanout-400", "5,000 viewers, 400 comments/s", false, FanoutScenarios::fourHundred),
        new Scenario(
            "streams",
            "1,000 streams of 10 viewers, 1 comment/s each",
            false,
            FanoutScenarios::streams),
        new Scenario(
            "cold",
            "5,000 viewers, 10 comments/s, the first 10 s of a process",
            false,
            FanoutScenarios::cold),
        new Scenario("tls", "5,000 viewers over TLS, 10 comments/s", false, FanoutScenarios::tls));
  }

  /** Its viewers are there at once; then the same process again, warm. */
  private static void cold(Figures figures, Length length) {
    try (Target target = Targets.ovation(CORE)) {
      JsonObject first = figures.run(Run.of(target, VIEWERS, 10, 0, 10).measure());
      JsonObject warm =
          figures.run(Run.of(target, VIEWERS, 10, length.seconds(30, 5), 10).measure());
      double ratio = first.getDouble("p99_ms") / warm.getDouble("p99_ms");
      figures.atMost("p99, of warm", " ×", ratio, 2);
      figures.note("p99, cold and warm", ms(first) + ", " + ms(warm));
      figures.complete(first);
      figures.complete(warm);
    }
  }

  private static String ms(JsonObject run) {
    return Figures.number(run.getDouble("p99_ms")) + " ms";
  }

  private static void tls(Figures figures, Length length) {
    int warm = length.seconds(20, 4);
    int time = length.seconds(30, 6);
    try (Target plain = Targets.ovation(CORE);
        Target secure = Targets.ovationWithTls(CORE)) {
      List<JsonObject> results =
          Run.inTurns(
              Run.of(plain, VIEWERS, 10, warm, time).burst(100),
              Run.of(secure, VIEWERS, 10, warm, time).burst(100));
      results.forEach(figures::run);
      figures.atLeast(
          "of plain's deliveries per CPU-second", " ×", ratio(results.get(1), results.get(0)), 0.7);
      figures.atMost("p99", " ms", results.get(1).getDouble("p99_ms"), 100);
      figures.complete(results.get(1));
    }
  }

  private static void ten(Figures figures, Length length) {
    int warm = length.seconds(20, 3);
    int time = length.seconds(30, 6);
    if (Targets.nchanInstalled() && !length.quick()) {
      try (Target target = Targets.nchan(CORE)) {
        figures.run(Run.of(target, VIEWERS, 10, 2, 10).measure());
      }
    }
    try (Target bare = Targets.bare(CORE);
        Target ours = Targets.ovation(CORE);
        Target sockJs = Targets.ovation(CORE, "ovation-sockjs")) {
      List<JsonObject> results =
          Run.inTurns(
              Run.of(bare, VIEWERS, 10, warm, time),
              Run.of(ours, VIEWERS, 10, warm, time).burst(100),
              Run.of(sockJs, VIEWERS, 10, warm, time).burst(100).over(CrowdProtocol::sockJs));
      results.forEach(figures::run);
      tell(figures, results.get(0), results.get(1), results.get(2));
    }
  }

  private static void tell(Figures figures, JsonObject bare, JsonObject plain, JsonObject sockJs) {
    figures.atLeast("plain, of (b)'s deliveries per CPU-second", " ×", ratio(plain, bare), 0.9);
    figures.atMost("plain, p99", " ms", plain.getDouble("p99_ms"), 100);
    figures.complete(plain);
    figures.atLeast("SockJS, of plain's per CPU-second", " ×", ratio(sockJs, plain), 0.9);
    figures.atMost("SockJS, p99", " ms", sockJs.getDouble("p99_ms"), 100);
    figures.complete(sockJs);
  }

  private static double ratio(JsonObject ours, JsonObject theirs) {
    return ours.getDouble("deliveries_per_cpu_second")
        / theirs.getDouble("deliveries_per_cpu_second");
  }

  private static void twoHundred(Figures figures, Length length) {
    int warm = length.seconds(15, 4);
    double bridge;
    try (Target target = Targets.bridge(CORE)) {
      bridge = perSecond(figures.run(overloaded(target, warm).measure()));
    }
    double nchan = 0;
    if (Targets.nchanInstalled()) {
      try (Target target = Targets.nchan(CORE)) {
        nchan = perSecond(figures.run(overloaded(target, 2).measure()));
      }
    }
    try (Target target = Targets.bare(CORE)) {
      figures.run(overloaded(target, warm).measure());
    }
    JsonObject ours;
    JsonObject most;
    try (Target target = Targets.ovation(CORE)) {
      ours = figures.run(Run.of(target, VIEWERS, 200, warm, length.seconds(60, 10)).measure());
      most = figures.run(Run.of(target, VIEWERS, MOST, 0, length.seconds(20, 6)).measure());
    }
    figures.atLeast("deliveries", "/s", perSecond(ours), 1_000_000 * 0.995);
    figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 250);
    figures.complete(ours);
    figures.atLeast("of (a)'s deliveries", " ×", perSecond(ours) / bridge, 15);
    figures.note(MOST + " comments/s, of (a)'s at 200", times(perSecond(most) / bridge));
    if (nchan > 0) {
      figures.atLeast("of (c)'s deliveries", " ×", perSecond(ours) / nchan, 10);
      figures.note(MOST + " comments/s, of (c)'s at 200", times(perSecond(most) / nchan));
    }
  }

  private static String times(double ratio) {
    return Figures.number(ratio) + " ×";
  }

  /** Warmed with what it can do, then given 200 comments a second for a while. */
  private static Run overloaded(Target target, int warm) {
    return Run.of(target, VIEWERS, 200, warm, 6).overloaded().burst(8);
  }

  private static double perSecond(JsonObject run) {
    return run.getDouble("deliveries_per_second");
  }

  private static void fourHundred(Figures figures, Length length) {
    try (Target target = Targets.ovation(CORE)) {
      JsonObject ours =
          figures.run(
              Run.of(target, VIEWERS, 400, length.seconds(15, 8), length.seconds(30, 10))
                  .measure());
      figures.atLeast("deliveries", "/s", perSecond(ours), 1_900_000);
      figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 400);
      figures.complete(ours);
    }
  }

  /** The bare loop before and after: 20,000 viewers at a time are too many for one process. */
  private static void streams(Figures figures, Length length) {
    JsonObject before = figures.run(bareStreams(length));
    JsonObject ours;
    try (Target target = Targets.ovation(CORE)) {
      ours =
          figures.run(manyStreams(target, length.seconds(30, 10), length.seconds(30, 8)).measure());
    }
    JsonObject after = figures.run(bareStreams(length));
    double ratio = 2 / (1 / ratio(ours, before) + 1 / ratio(ours, after));
    figures.atLeast("of (b)'s deliveries per CPU-second", " ×", ratio, 0.5);
    figures.atMost("p50", " ms", ours.getDouble("p50_ms"), 5);
    figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 15);
    figures.complete(ours);
  }

  private static JsonObject bareStreams(Length length) {
    try (Target target = Targets.bare(CORE)) {
      return manyStreams(target, length.seconds(10, 4), length.seconds(15, 6)).measure();
    }
  }

  static Run manyStreams(Target target, int warm, int time) {
    int streams = 1_000;
    return new Run(
        target,
        target.viewers().apply(Run.names(streams)),
        streams,
        10 * streams,
        streams,
        warm,
        time,
        true,
        0);
  }
}
