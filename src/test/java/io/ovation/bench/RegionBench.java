package io.ovation.bench;

import io.ovation.bench.fanout.Pin;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * What regions cost: a region with two targets next to one with none, in turns. These two, their
 * RabbitMQ and Redis are on core 0; the targets, the load and the viewers are on core 1, so that
 * what the targets do costs the measured region nothing. The forwarders are on nodes of their own,
 * on core 1 too. Prints Markdown. See {@code docs/regions.md}.
 */
public final class RegionBench {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration TIME = Duration.ofSeconds(8);
  private static final int SAMPLES = 300;
  private static final int IN_FLIGHT = 100;
  private static final int ROUNDS = 5;
  private static final int PER_SECOND = 200;
  private static final int WATCHED = 2;
  private static final List<String> STREAMS = StreamViewers.streams("load", 8);
  private static final String FORWARDER = "io.ovation.region.RegionVerticle";
  private static final String SERVING =
      String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);

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
    TestRegion c = regions.get(2);
    TestRegion alone = regions.get(3);
    try {
      a.nodes(Map.of("b", b.rabbit.uri(), "c", c.rabbit.uri()), Map.of(), SERVING, FORWARDER);
      b.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      c.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
      alone.nodes(Map.of(), Map.of(), SERVING);
      regions.forEach(TestRegion::awaitReady);
      pin(ProcessHandle.current().pid(), "1"); // and all that it has started
      for (TestRegion region : List.of(a, alone)) {
        Stream.of(region.node(0).pid(), region.rabbit.pid(), region.redis.pid())
            .forEach(pid -> pin(pid, "0"));
      }
      if (!Boolean.getBoolean("ovation.bench.rate")) {
        crossing(a, b);
        atAFixedRate(a, alone);
      }
      atFullRate(a, alone);
    } finally {
      regions.forEach(TestRegion::close);
    }
  }

  private static void crossing(TestRegion a, TestRegion b) {
    latency(b, b); // warm
    latency(a, b);
    System.out.println("| comment in | viewer in | p50 ms | p99 ms |\n| --- | --- | --- | --- |");
    for (int round = 0; round < 2; round++) {
      System.out.printf("| b | b | %s |%n", of(latency(b, b), 1e3));
      System.out.printf("| a | b | %s |%n", of(latency(a, b), 1e3));
    }
  }

  private static void atAFixedRate(TestRegion a, TestRegion alone) {
    steady(a);
    steady(alone);
    System.out.printf(
        "%n%d comments/s.%n| targets | p50 ms | p99 ms | %s |%n| --- | --- | --- | --- | --- | --- |%n",
        PER_SECOND, "CPU ms per comment: node | RabbitMQ | Redis");
    for (int round = 0; round < ROUNDS; round++) {
      System.out.printf("| none | %s |%n", steady(alone));
      System.out.printf("| two | %s |%n", steady(a));
    }
  }

  private static void atFullRate(TestRegion a, TestRegion alone) {
    full(a);
    full(alone);
    System.out.println(
        "\n| targets | comments accepted /s | CPU ms per comment: node | RabbitMQ | Redis |\n| --- | --- | --- | --- | --- |");
    for (int round = 0; round < ROUNDS; round++) {
      System.out.printf("| none | %s |%n", full(alone));
      System.out.printf("| two | %s |%n", full(a));
    }
  }

  private static void pin(long pid, String cores) {
    try {
      Pin.tree(pid, cores);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of the node that serves, RabbitMQ and Redis. */
  private static double[] cpuMs(TestRegion region) {
    return Stream.of(region.node(0).pid(), region.rabbit.pid(), region.redis.pid())
        .mapToDouble(RegionBench::cpuMs)
        .toArray();
  }

  private static double cpuMs(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
        .mapToDouble(
            process -> process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e6)
        .sum();
  }

  private static String cpu(double[] before, double[] after, double comments) {
    List<String> each = new ArrayList<>();
    for (int i = 0; i < before.length; i++) {
      each.add(String.format(Locale.ROOT, "%.2f", (after[i] - before[i]) / comments));
    }
    return String.join(" | ", each);
  }

  private static String of(Histogram found, double perMs) {
    return String.format(
        Locale.ROOT,
        "%.1f | %.1f",
        found.getValueAtPercentile(50) / perMs,
        found.getValueAtPercentile(99) / perMs);
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

  /** Latency to viewers of the region itself. */
  private static String steady(TestRegion region) {
    String[] watched = STREAMS.subList(0, WATCHED).toArray(String[]::new);
    try (Crowd crowd = new Crowd(CrowdProtocol.plain(watched), region.node(0).port())) {
      crowd.open(WATCHED, LIMIT);
      try (CommentLoad load = CommentLoad.start(List.of(region.node(0)), STREAMS, PER_SECOND)) {
        load.awaitMore(PER_SECOND, LIMIT);
        crowd.takeLatencies();
        double[] before = cpuMs(region);
        long counted = load.total();
        load.awaitMore(PER_SECOND * TIME.toSeconds(), LIMIT);
        double[] after = cpuMs(region);
        long comments = load.total() - counted;
        load.finish(LIMIT);
        return of(crowd.takeLatencies(), 1e6) + " | " + cpu(before, after, comments);
      }
    }
  }

  /** {@link #IN_FLIGHT} comments at a time, without viewers. */
  private static String full(TestRegion region) {
    Deque<CompletableFuture<?>> waiting = new ArrayDeque<>();
    double[] before = cpuMs(region);
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
    double[] after = cpuMs(region);
    waiting.forEach(CompletableFuture::join);
    return String.format(
        Locale.ROOT, "%.0f | %s", accepted / seconds, cpu(before, after, accepted));
  }
}
