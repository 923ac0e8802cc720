package io.ovation.bench;

import io.ovation.testkit.Await;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.OpenLoop;
import io.ovation.testkit.ReactionLoad;
import io.ovation.testkit.ReactionLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A node with everything embedded, viewers, comments; without reactions and with 200,000 of them a
 * second, in turns. Prints Markdown. See {@code docs/reactions.md}.
 */
public final class ReactionBench {
  private static final int VIEWERS = 5_000;
  private static final int REACTIONS = 200_000;
  private static final int COMMENTS = 10;
  private static final Duration WARM = Duration.ofSeconds(20);
  private static final Duration TIME = Duration.ofSeconds(20);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int ROUNDS = 3;

  /** The crowd comes at once, which the door is there to prevent. */
  private static final NodeSpec SPEC =
      NodeSpec.named("reactions").env("OVATION_VIEWER_CONNECT_RATE", "0");

  private ReactionBench() {}

  public static void main(String[] arguments) {
    try {
      run();
      System.exit(0);
    } catch (RuntimeException | AssertionError e) {
      e.printStackTrace();
      System.exit(1); // load generators' threads would hold the process
    }
  }

  private static void run() {
    ReactionLog log = new ReactionLog();
    try (NodeProcess node = NodeProcess.start(SPEC).awaitReady();
        Crowd crowd = new Crowd(CrowdProtocol.plain("rb"), log, 0, node.port());
        OpenLoop comments = new OpenLoop(node.port(), 16, new Posts())) {
      crowd.open(VIEWERS, LIMIT);
      List<Double> quiet = new ArrayList<>();
      List<Double> loud = new ArrayList<>();
      // Java's compilers meet all of it before anything is measured.
      try (ReactionLoad load = new ReactionLoad(crowd, node.port(), "rb")) {
        load.start(REACTIONS, WARM);
        comments.run(COMMENTS, WARM);
        load.finish(LIMIT);
      }
      System.out.println("| reactions /s | comments p50 ms | p99 ms | max ms | pushes /s |");
      System.out.println("| --- | --- | --- | --- | --- |");
      for (int round = 0; round < ROUNDS; round++) {
        quiet.add(row(0, crowd, comments, node));
        long seen = (long) node.metrics().sum("ovation_ingress_reactions_accepted_total");
        long done = REACTIONS * (WARM.toSeconds() + (round + 1) * TIME.toSeconds());
        // Connections that wait for long are closed: each round has its own.
        try (ReactionLoad load = new ReactionLoad(crowd, node.port(), "rb")) {
          load.start(REACTIONS, TIME);
          loud.add(row(REACTIONS, crowd, comments, node));
          load.finish(LIMIT);
          long sent = load.sent() + load.accepted();
          check("all accepted", load.refused() == 0 && sent == REACTIONS * TIME.toSeconds());
        }
        Await.until(() -> done + " likes told: " + log, LIMIT, () -> log.at(done) == VIEWERS);
        System.out.printf(
            "<!-- round %d: %d accepted, exact for %d viewers -->%n",
            round + 1, done - seen, VIEWERS);
      }
      crowd.check();
      System.out.printf("%nComment p99, ms: without %s, with %s; %s%n", quiet, loud, log);
      check("comments' p99 at most a quarter longer", median(loud) <= 1.25 * median(quiet));
    }
  }

  /** Comments for a while; the 99th percentile from post to receipt, in milliseconds. */
  private static double row(int reactions, Crowd crowd, OpenLoop comments, NodeProcess node) {
    String pushes = "ovation_dispatch_reactions_pushes_total";
    crowd.takeLatencies();
    double before = node.metrics().sum(pushes);
    comments.run(COMMENTS, TIME);
    double perSecond = (node.metrics().sum(pushes) - before) / TIME.toSeconds();
    Await.until(
        "all comments", LIMIT, () -> crowd.counts().size() == 1 && crowd.events() % VIEWERS == 0);
    Histogram latencies = crowd.takeLatencies();
    double p99 = latencies.getValueAtPercentile(99) / 1e6;
    System.out.printf(
        "| %,d | %.1f | %.1f | %.1f | %.2f |%n",
        reactions,
        latencies.getValueAtPercentile(50) / 1e6,
        p99,
        latencies.getMaxValue() / 1e6,
        perSecond);
    return Math.round(p99 * 10) / 10.0;
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().skip(figures.size() / 2).findFirst().orElseThrow();
  }

  private static void check(String what, boolean holds) {
    if (!holds) {
      throw new AssertionError("not so: " + what);
    }
  }

  private static final class Posts implements OpenLoop.Script {
    @Override
    public String path(long n) {
      return "/streams/rb/comments";
    }

    @Override
    public String body(long n, long dueNanos) {
      return "{\"user\":\"u%d\",\"text\":\"%s@%019d\"}".formatted(n % 7, "x".repeat(20), dueNanos);
    }
  }
}
