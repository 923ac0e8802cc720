package io.ovation.bench;

import io.ovation.bench.RegionLoad.Sample;
import io.ovation.bench.fanout.Pin;
import io.ovation.testkit.Await;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * What regions cost: a region with two targets next to one with none, in turns, at the same offered
 * load. The serving nodes of these two, their RabbitMQ and Redis have core 0 for themselves;
 * everything else is on core 1: the targets, the load, the viewers, and one more node of each, the
 * forwarder and one that does nothing. The load goes before the targets there, so that what the
 * targets do costs the measured region nothing. The highest rate comes first and compiles the code.
 * Prints Markdown. See {@code docs/regions.md}.
 */
public final class RegionBench {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final int SAMPLES = 300;
  private static final int[] RATES = {2_000, 1_000, 200};

  /** At once, as fast as the region takes them. */
  private static final int FULL = 25_000;

  private static final int ROUNDS = Integer.getInteger("ovation.bench.rounds", 5);
  private static final String FORWARDER = "io.ovation.region.RegionVerticle";
  private static final String SERVING =
      String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);

  private RegionBench() {}

  /**
   * @param parts {@code crossing}, {@code idle}, {@code full}, comments per second; all if none
   */
  public static void main(String[] parts) {
    try {
      run(List.of(parts));
      System.exit(0);
    } catch (RuntimeException | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // clients' threads would hold the process
    }
  }

  private static void run(List<String> parts) {
    List<TestRegion> regions = TestRegion.start("a", "b", "c", "alone");
    TestRegion a = regions.get(0);
    TestRegion b = regions.get(1);
    TestRegion c = regions.get(2);
    TestRegion alone = regions.get(3);
    try {
      a.nodes(Map.of("b", b.rabbit.uri(), "c", c.rabbit.uri()), Map.of(), SERVING, FORWARDER);
      b.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      c.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      alone.nodes(Map.of(), Map.of(), SERVING, TestCluster.LIVENESS);
      regions.forEach(TestRegion::awaitReady);
      pin(ProcessHandle.current().pid(), "1"); // and all that it has started
      for (TestRegion region : List.of(a, alone)) {
        RegionLoad.measured(region).forEach(pid -> pin(pid, "0"));
      }
      if (wanted(parts, "crossing")) {
        crossing(a, b);
      }
      for (TestRegion target : List.of(b, c)) {
        RegionLoad.measured(target).forEach(RegionBench::nice);
      }
      nice(a.node(1).pid());
      if (wanted(parts, "full")) {
        compare("As many as it takes", new RegionLoad(0, FULL), a, alone);
      }
      for (int rate : RATES) {
        if (wanted(parts, Integer.toString(rate))) {
          RegionLoad load = new RegionLoad(rate, Math.max(1_600, rate * 6));
          compare(rate + " comments/s offered", load, a, alone);
        }
      }
      if (wanted(parts, "idle")) {
        idle(a, alone);
      }
    } finally {
      regions.forEach(TestRegion::close);
    }
  }

  private static boolean wanted(List<String> parts, String part) {
    return parts.isEmpty() || parts.contains(part);
  }

  private static void crossing(TestRegion a, TestRegion b) {
    latency(b, b); // warm
    latency(a, b);
    System.out.println("| comment in | viewer in | p50 ms | p99 ms |\n| --- | --- | --- | --- |");
    for (int round = 0; round < 2; round++) {
      System.out.printf("| b | b | %s |%n", of(latency(b, b)));
      System.out.printf("| a | b | %s |%n", of(latency(a, b)));
    }
  }

  /** What each costs without any comments, in milliseconds of CPU per second. */
  private static void idle(TestRegion a, TestRegion alone) {
    System.out.println(
        "%nIdle, CPU ms per second.%n| targets | node | RabbitMQ | Redis |%n| --- | --- | --- | --- |"
            .formatted());
    for (int round = 0; round < 2; round++) {
      for (TestRegion region : List.of(alone, a)) {
        double[] before = RegionLoad.cpuMs(region);
        long begin = System.nanoTime();
        Await.pass(IDLE); // It is what is measured.
        double seconds = (System.nanoTime() - begin) / 1e9;
        double[] after = RegionLoad.cpuMs(region);
        System.out.printf(
            Locale.ROOT,
            "| %s | %.1f | %.1f | %.1f |%n",
            region == a ? "two" : "none",
            (after[0] - before[0]) / seconds,
            (after[1] - before[1]) / seconds,
            (after[2] - before[2]) / seconds);
      }
    }
  }

  private static void compare(String what, RegionLoad load, TestRegion a, TestRegion alone) {
    List<Sample> none = new ArrayList<>();
    List<Sample> two = new ArrayList<>();
    load.run(alone, null);
    load.run(a, a.node(1));
    System.out.printf("%n%s.%n| targets | %s |%n", what, Sample.HEAD);
    System.out.println("| --- ".repeat(Sample.COLUMNS + 1) + "|");
    for (int round = 0; round < ROUNDS; round++) {
      boolean twoFirst = round % 2 == 1; // A machine that slows down favours neither.
      if (twoFirst) {
        two.add(load.run(a, a.node(1)));
      }
      none.add(load.run(alone, null));
      System.out.println("| none | " + none.get(round) + " |");
      if (!twoFirst) {
        two.add(load.run(a, a.node(1)));
      }
      System.out.println("| two | " + two.get(round) + " |");
    }
    Sample without = Sample.medians(none);
    Sample with = Sample.medians(two);
    System.out.println("| **none, medians** | " + without + " |");
    System.out.println("| **two, medians** | " + with + " |");
    System.out.println("| **two / none** | " + with.over(without) + " |");
  }

  private static void pin(long pid, String cores) {
    try {
      Pin.tree(pid, cores);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All its threads, and what it has started, get time when nothing else wants it. */
  private static void nice(long pid) {
    try {
      new ProcessBuilder(
              "sh",
              "-c",
              "for p in $1; do renice -n 19 -p $(ls /proc/$p/task); done",
              "renice",
              ProcessHandle.of(pid).stream()
                  .flatMap(one -> Stream.concat(Stream.of(one), one.descendants()))
                  .map(one -> Long.toString(one.pid()))
                  .reduce("", (some, one) -> some + " " + one))
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String of(Histogram found) {
    return String.format(
        Locale.ROOT,
        "%.1f | %.1f",
        found.getValueAtPercentile(50) / 1e3,
        found.getValueAtPercentile(99) / 1e3);
  }

  /** One comment at a time, from its request to its arrival; in microseconds. */
  private static Histogram latency(TestRegion from, TestRegion to) {
    Histogram found = new Histogram(3);
    String stream = "from-" + from.name;
    try (TestViewer viewer = TestViewer.watch(to.node(0), stream, "v")) {
      for (int i = 1; i <= SAMPLES; i++) {
        int seen = i;
        long begin = System.nanoTime();
        JsonObject body = new JsonObject().put("user", "u" + i % 50).put("text", "text " + i);
        var unused = from.node(0).api().comment(stream, body);
        viewer.await("a comment", LIMIT, v -> v.events().size() >= seen);
        found.recordValue((System.nanoTime() - begin) / 1_000);
      }
    }
    return found;
  }
}
