package io.ovation.bench;

import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/**
 * Three regions on this machine: a, which forwards to b and c, and one that forwards to none. How
 * long a comment takes to a viewer of its own region and of the other, and how many comments a
 * region accepts per second with two targets and with none, in turns. Prints Markdown. See {@code
 * docs/regions.md}.
 */
public final class RegionBench {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration TIME = Duration.ofSeconds(8);
  private static final int SAMPLES = 500;
  private static final int IN_FLIGHT = 100;
  private static final int ROUNDS = 3;

  private RegionBench() {}

  public static void main(String[] arguments) {
    try {
      run();
      System.exit(0);
    } catch (RuntimeException | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // clients' threads would hold the process
    }
  }

  private static void run() {
    List<TestRegion> regions = TestRegion.start("a", "b", "c", "alone");
    TestRegion a = regions.get(0);
    TestRegion b = regions.get(1);
    TestRegion alone = regions.get(3);
    try {
      a.nodes(
          Map.of("b", b.rabbit.uri(), "c", regions.get(2).rabbit.uri()), Map.of(), TestCluster.ALL);
      b.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      regions.get(2).nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      alone.nodes(Map.of(), Map.of(), TestCluster.ALL);
      regions.forEach(TestRegion::awaitReady);
      latency(b, b); // warm
      latency(a, b);
      System.out.println("| comment in | viewer in | p50 ms | p99 ms |\n| --- | --- | --- | --- |");
      print("b", "b", latency(b, b));
      print("a", "b", latency(a, b));
      rate(a);
      rate(alone);
      System.out.println("\n| targets | comments accepted /s |\n| --- | --- |");
      for (int round = 0; round < ROUNDS; round++) {
        System.out.printf(Locale.ROOT, "| none | %.0f |%n", rate(alone));
        System.out.printf(Locale.ROOT, "| two | %.0f |%n", rate(a));
      }
    } finally {
      regions.forEach(TestRegion::close);
    }
  }

  private static void print(String from, String to, Histogram found) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f |%n",
        from,
        to,
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
        post(from.node(0), stream, i);
        viewer.await("a comment", LIMIT, v -> v.events().size() >= seen);
        found.recordValue((System.nanoTime() - begin) / 1_000);
      }
    }
    return found;
  }

  private static CompletableFuture<?> post(NodeProcess node, String stream, int i) {
    JsonObject body = new JsonObject().put("user", "u" + i % 50).put("text", "text " + i);
    return node.api().comment(stream, body);
  }

  private static double rate(TestRegion region) {
    Deque<CompletableFuture<?>> waiting = new ArrayDeque<>();
    long begin = System.nanoTime();
    int accepted = 0;
    while (System.nanoTime() - begin < TIME.toNanos()) {
      waiting.add(post(region.node(0), "rate-" + accepted % 50, accepted));
      if (waiting.size() == IN_FLIGHT) {
        waiting.remove().join();
        accepted++;
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    waiting.forEach(CompletableFuture::join);
    return accepted / seconds;
  }
}
