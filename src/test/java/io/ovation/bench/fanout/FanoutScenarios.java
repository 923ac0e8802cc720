package io.ovation.bench.fanout;

import io.ovation.bench.fanout.Scenario.Length;
import io.ovation.testkit.Dialect;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** One room and many viewers, many rooms and few. Servers on core 0. */
final class FanoutScenarios {
  private static final String CORE = "0";
  private static final int VIEWERS = 5_000;

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
            true,
            FanoutScenarios::streams));
  }

  private static void ten(Figures figures, Length length) {
    int warm = length.seconds(20, 6);
    int time = length.seconds(30, 8);
    JsonObject bare;
    try (Target target = Targets.bare(CORE)) {
      bare = figures.run(Run.of(target, VIEWERS, 10, warm, time).measure());
    }
    if (Targets.nchanInstalled() && !length.quick()) {
      try (Target target = Targets.nchan(CORE)) {
        figures.run(Run.of(target, VIEWERS, 10, 2, 10).measure());
      }
    }
    JsonObject plain;
    JsonObject sockJs;
    try (Target target = Targets.ovation(CORE)) {
      plain = figures.run(Run.of(target, VIEWERS, 10, warm, time).burst(200).measure());
      Run run = Run.of(target, VIEWERS, 10, length.seconds(5, 2), time);
      sockJs = figures.run(run.over(Dialect.sockJs(Run.names(1))).measure());
    }
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
    double bridge;
    try (Target target = Targets.bridge(CORE)) {
      bridge = perSecond(figures.run(Run.of(target, VIEWERS, 200, 0, 6).overloaded().measure()));
    }
    double nchan = 0;
    if (Targets.nchanInstalled()) {
      try (Target target = Targets.nchan(CORE)) {
        nchan = perSecond(figures.run(Run.of(target, VIEWERS, 200, 0, 6).overloaded().measure()));
      }
    }
    try (Target target = Targets.bare(CORE)) {
      figures.run(Run.of(target, VIEWERS, 200, 0, 6).overloaded().measure());
    }
    JsonObject ours;
    try (Target target = Targets.ovation(CORE)) {
      int warm = length.seconds(15, 8);
      ours = figures.run(Run.of(target, VIEWERS, 200, warm, length.seconds(60, 12)).measure());
    }
    figures.atLeast("deliveries", "/s", perSecond(ours), 1_000_000 * 0.995);
    figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 250);
    figures.complete(ours);
    figures.atLeast("of (a), the bridge", " ×", perSecond(ours) / bridge, 15);
    if (nchan > 0) {
      figures.atLeast("of (c), Nchan", " ×", perSecond(ours) / nchan, 10);
    }
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

  private static void streams(Figures figures, Length length) {
    int warm = length.seconds(30, 10);
    int time = length.seconds(30, 8);
    JsonObject bare;
    try (Target target = Targets.bare(CORE)) {
      bare = figures.run(manyStreams(target, warm, time).measure());
    }
    JsonObject ours;
    try (Target target = Targets.ovation(CORE)) {
      ours = figures.run(manyStreams(target, warm, time).measure());
    }
    figures.atLeast("of (b)'s deliveries per CPU-second", " ×", ratio(ours, bare), 0.5);
    figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 50);
    figures.complete(ours);
  }

  private static Run manyStreams(Target target, int warm, int time) {
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
